import { randomBytes } from "node:crypto";
import type { Clock } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import type { GrantedToken, TokenControl } from "./gmail-control.ts";
import { expandScope } from "./gmail-scopes.ts";
import { jsonAnswer, type Answer } from "./google-error.ts";

export interface TokenDeskOptions {
  clock: Clock;
  address: string;
  clientId: string;
  clientSecret: string;
  refreshTokens: readonly GrantedToken[];
  accessTokenSeconds: number;
}

export interface TokenDesk extends TokenControl {
  /** The scopes of a bearer token; null when it is unknown, expired or taken back. */
  scopesOf(accessToken: string): readonly string[] | null;
  /** POST /token */
  exchange(form: URLSearchParams): Answer;
  /** GET or POST /tokeninfo and its older addresses. */
  inform(accessToken: string, path: string): Answer;
  /** POST /revoke */
  withdraw(token: string): Answer;
}

interface AccessToken {
  refreshToken: string;
  scopes: readonly string[];
  expiresAtMs: number;
}

/** Google's authorization server, as far as refreshing, asking and revoking go. */
export function createTokenDesk(options: TokenDeskOptions): TokenDesk {
  const granted = new Map(
    options.refreshTokens.map((token) => [token.refreshToken, token.scopes.map(expandScope)]),
  );
  const given = new Map<string, AccessToken>();

  const give = (refreshToken: string, scopes: readonly string[]) => {
    const accessToken = `ya29.${randomBytes(24).toString("base64url")}`;
    given.set(accessToken, {
      refreshToken,
      scopes,
      expiresAtMs: options.clock.now() + options.accessTokenSeconds * 1000,
    });
    return accessToken;
  };
  const alive = (accessToken: string) => {
    const found = given.get(accessToken);
    return found && found.expiresAtMs > options.clock.now() ? found : null;
  };
  const forget = (refreshToken: string) => {
    granted.delete(refreshToken);
    for (const [accessToken, token] of given)
      if (token.refreshToken === refreshToken) given.delete(accessToken);
  };

  return {
    list: async () => [...granted].map(([refreshToken, scopes]) => ({ refreshToken, scopes })),
    async issue(refreshToken) {
      const scopes = granted.get(refreshToken);
      if (!scopes) throw fail("EMULATOR_FAILED", "There is no such refresh token in the emulator.");
      return give(refreshToken, scopes);
    },
    expireAll: async () => given.clear(),
    revoke: async (refreshToken) => forget(refreshToken),
    scopesOf: (accessToken) => alive(accessToken)?.scopes ?? null,
    exchange: (form) => exchange(form, options, granted, give),
    inform(accessToken, path) {
      const token = alive(accessToken);
      if (!token) return jsonAnswer(400, { error: "invalid_token", error_description: "Invalid Value" });
      return describeToken(token, path, options);
    },
    withdraw(token) {
      const refreshToken = granted.has(token) ? token : given.get(token)?.refreshToken;
      if (refreshToken === undefined)
        return jsonAnswer(400, { error: "invalid_token", error_description: "Token expired or revoked" });
      forget(refreshToken);
      return jsonAnswer(200, {});
    },
  };
}

function exchange(
  form: URLSearchParams,
  options: TokenDeskOptions,
  granted: ReadonlyMap<string, readonly string[]>,
  give: (refreshToken: string, scopes: readonly string[]) => string,
): Answer {
  const field = (name: string) => form.get(name) ?? "";
  if (field("client_id") !== options.clientId) {
    return jsonAnswer(401, { error: "invalid_client", error_description: "The OAuth client was not found." });
  }
  if (field("client_secret") !== options.clientSecret) {
    return jsonAnswer(401, { error: "invalid_client", error_description: "Unauthorized" });
  }
  if (field("grant_type") !== "refresh_token") {
    return jsonAnswer(400, {
      error: "unsupported_grant_type",
      error_description: `Invalid grant_type: ${field("grant_type")}`,
    });
  }
  const refreshToken = field("refresh_token");
  const scopes = granted.get(refreshToken);
  if (!scopes) {
    return jsonAnswer(400, {
      error: "invalid_grant",
      error_description: "Token has been expired or revoked.",
    });
  }
  return jsonAnswer(200, {
    access_token: give(refreshToken, scopes),
    expires_in: options.accessTokenSeconds,
    scope: scopes.join(" "),
    token_type: "Bearer",
  });
}

/** Google names the address only to who was allowed to see it. */
const EMAIL_SCOPES = [expandScope("userinfo.email"), "email"];

function describeToken(token: AccessToken, path: string, options: TokenDeskOptions): Answer {
  const seconds = Math.ceil((token.expiresAtMs - options.clock.now()) / 1000);
  const scope = token.scopes.join(" ");
  const email = token.scopes.some((entry) => EMAIL_SCOPES.includes(entry)) ? options.address : undefined;
  if (/^\/oauth2\/v[12]\/tokeninfo$/.test(path)) {
    // The oldest form has other names, and numbers where the newer ones have text.
    return jsonAnswer(200, {
      issued_to: options.clientId,
      audience: options.clientId,
      scope,
      expires_in: seconds,
      email,
      verified_email: email && true,
      access_type: "offline",
    });
  }
  const expiresAt = Math.floor(token.expiresAtMs / 1000);
  return jsonAnswer(200, {
    azp: options.clientId,
    aud: options.clientId,
    scope,
    exp: String(expiresAt),
    expires_in: String(seconds),
    email,
    email_verified: email && "true",
    access_type: "offline",
  });
}
