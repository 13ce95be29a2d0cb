import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { fail } from "../errors.ts";
import type { ImapLogin } from "../imap/imap-link.ts";
import { REQUEST_TIMEOUT_MS } from "../limits.ts";

/** A login to a submission server has the same parts as one to IMAP. */
export type SmtpLogin = ImapLogin;

export interface Envelope {
  from: string;
  to: readonly string[];
}

interface Delivery {
  /** Recipients the server took nothing for, with its own words. */
  refused: { address: string; reason: string }[];
}

export interface SmtpLink {
  /**
   * One mail, one try. Throws SMTP_REFUSED or SMTP_UNREACHABLE when it surely did not go out, and
   * SEND_OUTCOME_UNKNOWN when the connection ended after the text had begun to flow.
   */
  send(envelope: Envelope, raw: Buffer): Promise<Delivery>;
}

export function connectSmtp(login: SmtpLogin): SmtpLink {
  return {
    async send(envelope, raw) {
      const connection = new SMTPConnection(toOptions(login));
      // Errors between two steps come as an event; each step rejects by itself as well.
      connection.on("error", () => undefined);
      const progress = { hasBegun: false };
      try {
        await step(connection, (done) => connection.connect(done));
        if (login.user !== "")
          await step(connection, (done) =>
            connection.login({ credentials: { user: login.user, pass: login.password } }, done),
          );
        return await transmit(connection, envelope, raw, progress);
      } catch (error) {
        throw toError(error, progress.hasBegun);
      } finally {
        connection.close();
      }
    },
  };
}

async function transmit(
  connection: SMTPConnection,
  { from, to }: Envelope,
  raw: Buffer,
  progress: { hasBegun: boolean },
): Promise<Delivery> {
  // Read only after the server has said 354: from then on it may have the mail.
  const text = Readable.from(
    (function* () {
      progress.hasBegun = true;
      yield raw;
    })(),
  );
  const info = await new Promise<SMTPConnection.SentMessageInfo>((resolve, reject) => {
    connection.once("error", reject);
    connection.once("end", () => reject(new Error("the connection ended")));
    connection.send({ from, to: [...to], size: raw.length }, text, (error, sent) =>
      error ? reject(error) : resolve(sent),
    );
  });
  return {
    refused: info.rejected.map((address) => ({
      address,
      reason: clean(info.rejectedErrors?.find((error) => recipientOf(error) === address)?.response),
    })),
  };
}

function step(
  connection: SMTPConnection,
  begin: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once("error", reject);
    connection.once("end", () => reject(new Error("the connection ended")));
    begin((error) => (error ? reject(error) : resolve()));
  });
}

/** A reply of the server's is its word; without one after the text began, nobody knows. */
function toError(error: unknown, hasBegun: boolean) {
  const { responseCode, command, response } = readSmtpError(error);
  const data = { responseCode, command };
  if (responseCode === 535 || responseCode === 530)
    return fail(
      "SMTP_LOGIN_FAILED",
      "The mail server does not accept the login for sending; nothing was sent. Correct SMTP_USER and SMTP_PASSWORD.",
      { data },
    );
  // 421 ends the connection and may come while the text is on its way.
  if (responseCode !== null && responseCode >= 500)
    return fail(
      "SMTP_REFUSED",
      `The mail server refused the mail (${clean(response)}); nothing was sent. Correct the note and approve it again.`,
      { data },
    );
  if (hasBegun && (responseCode === null || responseCode === 421))
    return fail(
      "SEND_OUTCOME_UNKNOWN",
      "The mail server was given the mail, but its answer did not arrive; it may or may not have gone out. It is looked up before anything else is done.",
      { data },
    );
  return fail(
    "SMTP_UNREACHABLE",
    "The mail server could not be reached or is busy; nothing was sent. It is tried again later.",
    { data },
  );
}

function readSmtpError(error: unknown): { responseCode: number | null; command: string; response: string } {
  const get = (name: string): unknown =>
    typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
  const code = get("responseCode");
  return {
    responseCode: typeof code === "number" ? code : null,
    command: typeof get("command") === "string" ? clean(String(get("command"))) : "",
    response: typeof get("response") === "string" ? String(get("response")) : "",
  };
}

function recipientOf(error: unknown): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, "recipient") : undefined;
}

/** The server's words, short and on one line. */
function clean(text: string | undefined): string {
  return (text ?? "no reason given")
    .replace(/\s+/g, " ")
    .replace(/[^ -~]/g, "?")
    .slice(0, 200);
}

function toOptions(login: SmtpLogin): SMTPConnection.Options {
  return {
    host: login.host,
    port: login.port,
    secure: login.security === "tls",
    requireTLS: login.security === "starttls",
    ignoreTLS: login.security === "none",
    connectionTimeout: REQUEST_TIMEOUT_MS,
    greetingTimeout: REQUEST_TIMEOUT_MS,
    socketTimeout: REQUEST_TIMEOUT_MS,
    tls: { minVersion: "TLSv1.2" },
    // Nothing of a mail in any log.
    logger: false,
    debug: false,
  };
}
