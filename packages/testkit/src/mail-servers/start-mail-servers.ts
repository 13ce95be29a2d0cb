import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { access, chmod, chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { fail } from "../errors.ts";
import { installDebian } from "../install-debian.ts";
import { findFreePort } from "../net/find-free-port.ts";
import { descendantsOf, signalQuietly } from "../processes.ts";
import { createTempDir } from "../temp-dir.ts";
import { waitFor } from "../wait-for.ts";
import { renderDovecotConfig, type DovecotPlaces } from "./dovecot-config.ts";
import { listArrivals, maildirOf, readMaildir, storeMail, type Arrival } from "./maildir.ts";
import { renderMainCf, renderMasterCf, type PostfixPlaces } from "./postfix-config.ts";

const run = promisify(execFile);

/** The owner's mailbox on these servers. Every other address there is ends in a mailbox of its own as well. */
export const MAIL_DEFAULTS = {
  address: "owner@firma.example",
  password: "owner-secret",
  customer: "anna@kunde.example",
} as const;

export interface MailServers {
  /** Without TLS, which only a server on this very machine may do. */
  imapUrl: string;
  smtpUrl: string;
  /** With it. */
  imapsUrl: string;
  smtpsUrl: string;
  /** What signs their certificate, for NODE_EXTRA_CA_CERTS. */
  caFile: string;
  /** A mail arrives in somebody's inbox, as from outside. */
  deliver(raw: string | Buffer, to?: string): Promise<void>;
  /** A mail lies in a folder of the owner's, read, as if it had come then. */
  store(raw: string | Buffer, folder: string, receivedAtMs: number): Promise<void>;
  /** Every mail in anybody's inbox. */
  arrivals(): Promise<Arrival[]>;
  /** Every mail in a folder of somebody's, in the order of its arrival. `folder` is `INBOX` when left out. */
  mailsOf(address: string, folder?: string): Promise<Buffer[]>;
  /** Postfix refuses this recipient from now on. */
  refuse(address: string): Promise<void>;
  /** Ends Dovecot and every connection to it. */
  stopImap(): Promise<void>;
  startImap(): Promise<void>;
  stopSmtp(): Promise<void>;
  startSmtp(): Promise<void>;
  /** Runs doveadm on these servers: `["mailbox", "delete", ...]`. */
  doveadm(...args: string[]): Promise<string>;
  log(): Promise<string>;
  remove(): Promise<void>;
}

const PROGRAMS = ["/usr/lib/dovecot/imap", "/usr/lib/dovecot/lmtp", "/usr/sbin/postfix", "/usr/bin/openssl"];

/** Null where real mail servers can be started; else why not. */
export async function whyNoMailServers(): Promise<string | null> {
  if (process.getuid?.() !== 0) return "Dovecot and Postfix need root to start";
  for (const program of PROGRAMS) {
    const isThere = await access(program).then(
      () => true,
      () => false,
    );
    if (!isThere) return `${program} is missing; install dovecot-imapd, dovecot-lmtpd, postfix and openssl`;
  }
  return null;
}

/** Installs what is missing, where that is possible (Debian, root). */
export function installMailServers(say: (line: string) => void): void {
  if (PROGRAMS.every((program) => existsSync(program))) return;
  installDebian(["dovecot-imapd", "dovecot-lmtpd", "postfix", "openssl"], say);
}

/** A real Dovecot and a real Postfix in a temporary folder, on free ports. Throws MAIL_SERVER_FAILED. */
export async function startMailServers(): Promise<MailServers> {
  const why = await whyNoMailServers();
  if (why !== null) throw fail("MAIL_SERVER_FAILED", `${why}; nothing was started.`);
  const temp = await createTempDir("mail");
  const folder = temp.path;
  const ports = {
    imapPort: await findFreePort(),
    lmtpPort: await findFreePort(),
    authPort: await findFreePort(),
    smtpPort: await findFreePort(),
    imapsPort: await findFreePort(),
    smtpsPort: await findFreePort(),
  };
  const places = { folder, ...ports, certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  await fillFolder(places);
  const dovecot = createDovecot(folder, ports.imapPort);
  const postfix = createPostfix(folder, ports.smtpPort);
  const log = () => readLogs(folder);
  const remove = async () => {
    await Promise.all([dovecot.stop(), postfix.stop()]);
    await temp.remove();
  };
  try {
    await Promise.all([dovecot.start(), postfix.start()]);
  } catch (error) {
    const words = await log();
    await remove();
    throw fail("MAIL_SERVER_FAILED", `The mail servers did not start: ${words.slice(-2000)}`, {
      cause: error,
    });
  }
  return {
    imapUrl: `imap://127.0.0.1:${ports.imapPort}?tls=no`,
    smtpUrl: `smtp://127.0.0.1:${ports.smtpPort}?tls=no`,
    imapsUrl: `imaps://127.0.0.1:${ports.imapsPort}`,
    smtpsUrl: `smtps://127.0.0.1:${ports.smtpsPort}`,
    caFile: places.certFile,
    deliver: (raw, to = MAIL_DEFAULTS.address) => deliverByLmtp(ports.lmtpPort, raw, to),
    store: (raw, name, receivedAtMs) =>
      storeMail(maildirOf(folder, MAIL_DEFAULTS.address, name), raw, receivedAtMs),
    arrivals: () => listArrivals(join(folder, "home")),
    mailsOf: (address, name) => readMaildir(maildirOf(folder, address, name)),
    async refuse(address) {
      await writeFile(join(folder, "refused"), `${address} REJECT no such person here\n`, { flag: "a" });
      // A server process reads the list once.
      await postfix.stop();
      await postfix.start();
    },
    stopImap: dovecot.stop,
    startImap: dovecot.start,
    stopSmtp: postfix.stop,
    startSmtp: postfix.start,
    doveadm: async (...args) => (await run("doveadm", ["-c", join(folder, "dovecot.conf"), ...args])).stdout,
    log,
    remove,
  };
}

async function readLogs(folder: string): Promise<string> {
  const names = ["dovecot.log", "postfix.log"];
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8").catch(() => "")));
  return texts.join("\n");
}

async function fillFolder(places: DovecotPlaces & PostfixPlaces) {
  const { folder } = places;
  for (const name of ["run", "home", "queue", "data", "postfix"])
    await mkdir(join(folder, name), { recursive: true });
  // Both change to users of their own.
  await chmod(folder, 0o755);
  const [dovecot, postfix] = await Promise.all([idsOf("dovecot"), idsOf("postfix")]);
  await chown(join(folder, "home"), dovecot.uid, dovecot.gid);
  await chown(join(folder, "data"), postfix.uid, postfix.gid);
  await run("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1".split(" "),
    ..."-addext subjectAltName=IP:127.0.0.1,DNS:localhost".split(" "),
    "-keyout",
    places.keyFile,
    "-out",
    places.certFile,
  ]);
  await writeFile(join(folder, "users"), `${MAIL_DEFAULTS.address}:${MAIL_DEFAULTS.password}\n`);
  await writeFile(join(folder, "refused"), "");
  await writeFile(join(folder, "dovecot.conf"), renderDovecotConfig(places));
  await writeFile(join(folder, "postfix", "main.cf"), renderMainCf(places));
  await writeFile(join(folder, "postfix", "master.cf"), renderMasterCf(places));
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => (await run("id", [flag, user])).stdout),
  );
  return { uid: Number(uid), gid: Number(gid) };
}

function createDovecot(folder: string, port: number) {
  let child: ChildProcess | null = null;
  return {
    async start() {
      const args = ["-F", "-c", join(folder, "dovecot.conf")];
      child = spawn("dovecot", args, { stdio: "ignore" });
      await untilOpen(port);
    },
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      // Connections that are open are held by processes of their own, which would outlive it for a while.
      const below = await descendantsOf(child.pid ?? 0);
      child.kill("SIGTERM");
      await ended;
      for (const pid of below) signalQuietly(pid, "SIGKILL");
    },
  };
}

function createPostfix(folder: string, port: number) {
  let isRunning = false;
  return {
    async start() {
      await run("postfix", ["-c", join(folder, "postfix"), "start"]);
      isRunning = true;
      await untilOpen(port);
    },
    async stop() {
      if (isRunning) await run("postfix", ["-c", join(folder, "postfix"), "stop"]);
      isRunning = false;
    },
  };
}

async function untilOpen(port: number): Promise<void> {
  await waitFor(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => {
          socket.destroy();
          resolve(true);
        });
        socket.once("error", () => resolve(false));
      }),
    { what: `port ${port} to be open`, timeoutMs: 20_000 },
  );
}

/** RFC 2033, spoken line by line: no library is needed to hand over one mail. */
async function deliverByLmtp(port: number, raw: string | Buffer, to: string): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const lines = socket.setEncoding("utf8");
  let buffer = "";
  const answer = async () => {
    for (;;) {
      const end = /^\d{3} .*\r\n/m.exec(buffer);
      if (end) {
        buffer = buffer.slice(end.index + end[0].length);
        if (!/^[23]/.test(end[0]))
          throw fail("MAIL_SERVER_FAILED", `The mail was not taken: ${end[0].trim()}`);
        return;
      }
      const [chunk] = (await once(lines, "data")) as [string];
      buffer += chunk;
    }
  };
  const text = (typeof raw === "string" ? Buffer.from(raw, "utf8") : raw).toString("latin1");
  const body = text.replace(/\r?\n/g, "\r\n").replace(/^\./gm, "..");
  try {
    await answer();
    for (const line of ["LHLO test", "MAIL FROM:<>", `RCPT TO:<${to}>`, "DATA"]) {
      socket.write(`${line}\r\n`);
      await answer();
    }
    socket.write(Buffer.from(`${body}${body.endsWith("\r\n") ? "" : "\r\n"}.\r\n`, "latin1"));
    await answer();
  } finally {
    socket.destroy();
  }
}
