import { NightdeskError } from "@nightdesk/claim-lib";
import { ImapFlow, type ImapFlowOptions, type MailboxObject } from "imapflow";
import type { Ports } from "../gmail/call-gmail.ts";
import { BACKOFF_BASE_MS, BACKOFF_MAX_MS, READ_ATTEMPTS, REQUEST_TIMEOUT_MS } from "../limits.ts";
import { readImapFailure, toImapError } from "./imap-failure.ts";

export interface ImapLogin {
  host: string;
  port: number;
  /** `tls` from the first byte, `starttls` before the login, `none` only on this very machine. */
  security: "tls" | "starttls" | "none";
  user: string;
  password: string;
}

/** One connection to one account, opened when it is needed and again when it broke. */
export interface ImapLink {
  /** Something that concerns no folder, or finds its own. Reads only: it is done again after a break. */
  run<T>(what: string, work: (client: ImapFlow) => Promise<T>): Promise<T>;
  /** Opens the folder with EXAMINE, so that not even a mail's \Seen can be changed. */
  inFolder<T>(
    path: string,
    what: string,
    work: (client: ImapFlow, box: MailboxObject) => Promise<T>,
  ): Promise<T>;
  /** A connection of its own, logged in, for whoever wants to wait on it. */
  open(options?: Pick<ImapFlowOptions, "maxIdleTime">): Promise<ImapFlow>;
  close(): void;
}

export function connectImap(login: ImapLogin, ports: Ports): ImapLink {
  let current: Promise<ImapFlow> | null = null;
  let isClosed = false;
  const open = async (more: ImapFlowOptions = {}) => {
    const client = new ImapFlow({ ...toOptions(login), ...more });
    // Without a listener a broken connection would end the process.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const client = async () => {
    const known = await current?.catch(() => null);
    if (known?.usable) return known;
    current = open();
    return current;
  };
  const run = async <T>(what: string, work: (client: ImapFlow) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const imap = await client();
        const result = await work(imap);
        // The library answers some commands with "nothing" when the connection broke under them.
        if (imap.usable) return result;
        throw new Error("the connection ended");
      } catch (error) {
        if (NightdeskError.is(error)) throw error;
        const failure = readImapFailure(error);
        if (failure.kind !== "broken" || attempt >= READ_ATTEMPTS || isClosed)
          throw toImapError(what, failure);
        const old = current;
        current = null;
        void old?.then((broken) => broken.close()).catch(() => undefined);
        await ports.clock.sleep(pauseMs(attempt, ports));
      }
    }
  };
  return {
    run,
    open: (more) =>
      open(more).catch((error: unknown) => Promise.reject(toImapError("logging in", readImapFailure(error)))),
    inFolder: (path, what, work) =>
      run(what, async (imap) => {
        const lock = await imap.getMailboxLock(path, { readOnly: true, acquireTimeout: REQUEST_TIMEOUT_MS });
        try {
          // A lock is given only where the folder was opened.
          return await work(imap, imap.mailbox as MailboxObject);
        } finally {
          lock.release();
        }
      }),
    close() {
      isClosed = true;
      void current?.then((imap) => imap.close()).catch(() => undefined);
    },
  };
}

/** Full jitter: clients that were cut off together do not come back together. */
function pauseMs(attempt: number, { random }: Pick<Ports, "random">): number {
  return Math.ceil(random.fraction() * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1)));
}

function toOptions(login: ImapLogin): ImapFlowOptions {
  return {
    host: login.host,
    port: login.port,
    secure: login.security === "tls",
    // True: a server that does not offer STARTTLS is refused, rather than told the password in the clear.
    doSTARTTLS: login.security === "starttls",
    auth: { user: login.user, pass: login.password },
    clientInfo: { name: "nightdesk" },
    disableAutoIdle: true,
    logger: false,
    connectionTimeout: REQUEST_TIMEOUT_MS,
    greetingTimeout: REQUEST_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    tls: { minVersion: "TLSv1.2" },
  };
}

/** A connection that waits in IDLE is asked for a sign of life before this (see watch-inbox.ts). */
const SOCKET_TIMEOUT_MS = 120_000;
