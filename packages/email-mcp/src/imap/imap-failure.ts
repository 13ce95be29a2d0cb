import type { NightdeskError } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";

/** What went wrong between us and the mail server; `broken`: a new connection may well work. */
export interface ImapFailure {
  kind: "login" | "broken" | "refused";
  reason: string;
}

/** Sorts an error of imapflow's. Its words can hold parts of mails, so only codes are passed on. */
export function readImapFailure(error: unknown): ImapFailure {
  if (field(error, "authenticationFailed") === true) return { kind: "login", reason: "login refused" };
  const status = field(error, "responseStatus");
  const code = field(error, "serverResponseCode") ?? field(error, "code");
  const reason = typeof code === "string" ? code.replace(/[^ -~]/g, "?").slice(0, 60) : "no reason given";
  if (status === "NO" || status === "BAD") return { kind: "refused", reason };
  return { kind: "broken", reason };
}

/** For a request that had no effect. */
export function toImapError(what: string, failure: ImapFailure): NightdeskError {
  const data = { reason: failure.reason };
  switch (failure.kind) {
    case "login":
      return fail(
        "IMAP_LOGIN_FAILED",
        "The mail server does not accept the login of this machine; nothing was changed. Correct IMAP_USER and IMAP_PASSWORD.",
        { data },
      );
    case "refused":
      return fail(
        "IMAP_REFUSED",
        `The mail server refused: ${what} (${failure.reason}). Nothing was changed.`,
        {
          data,
        },
      );
    case "broken":
      return fail(
        "IMAP_UNREACHABLE",
        `The mail server could not be reached or broke off (${what}: ${failure.reason}); nothing was changed. It is tried again later.`,
        { data },
      );
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
