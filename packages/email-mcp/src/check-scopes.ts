import type { Mode } from "./config.ts";
import { fail } from "./errors.ts";

const PREFIX = "https://www.googleapis.com/auth/";
const READONLY = `${PREFIX}gmail.readonly`;
const COMPOSE = `${PREFIX}gmail.compose`;

/** They say who somebody is and open nothing. */
const IDENTITY = new Set([
  "openid",
  "email",
  "profile",
  `${PREFIX}userinfo.email`,
  `${PREFIX}userinfo.profile`,
]);

/**
 * What each mode may hold, no more and no less. gmail.compose is the narrowest scope that can make and
 * send a draft; Google has none for drafts alone, which is why the cloud gets only gmail.readonly.
 */
const ALLOWED: Readonly<Record<Mode, readonly string[]>> = {
  draft: [READONLY],
  live: [READONLY, COMPOSE],
};

/** Throws GMAIL_SCOPE_TOO_WIDE or GMAIL_SCOPE_MISSING when the login is not exactly what the mode needs. */
export function checkScopes(mode: Mode, scopes: readonly string[]): void {
  const needed = ALLOWED[mode];
  const given = scopes.map((scope) => scope.trim()).filter((scope) => scope !== "");
  const extra = given.filter((scope) => !needed.includes(scope) && !IDENTITY.has(scope));
  const names = needed.map(shorten).join(" and ");
  if (extra.length > 0) {
    throw fail(
      "GMAIL_SCOPE_TOO_WIDE",
      `The Gmail login of this machine may do more than it should (${extra.map(shorten).join(", ")}); nothing was started. ` +
        `The ${mode} part takes a login for ${names} alone. Log in again with only that, and put the new token into GMAIL_REFRESH_TOKEN.`,
      { data: { mode, extra, allowed: needed } },
    );
  }
  const missing = needed.filter((scope) => !given.includes(scope));
  if (missing.length > 0) {
    throw fail(
      "GMAIL_SCOPE_MISSING",
      `The Gmail login of this machine lacks ${missing.map(shorten).join(" and ")}; nothing was started. ` +
        `Log in again for ${names}, and put the new token into GMAIL_REFRESH_TOKEN.`,
      { data: { mode, missing } },
    );
  }
}

function shorten(scope: string): string {
  return scope.startsWith(PREFIX) ? scope.slice(PREFIX.length) : scope;
}
