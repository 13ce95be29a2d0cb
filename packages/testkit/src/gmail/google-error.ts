/** An answer of the proxy, or of the emulator behind it. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const JSON_TYPE = "application/json; charset=UTF-8";

export function jsonAnswer(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { "content-type": JSON_TYPE, ...headers },
    body: Buffer.from(JSON.stringify(value, null, 2)),
  };
}

interface Words {
  message: string;
  reason: string;
  name: string;
  domain?: string;
}

/** What Google's services say with each status. */
const WORDS: Readonly<Record<number, Words>> = {
  400: { message: "Invalid argument.", reason: "invalidArgument", name: "INVALID_ARGUMENT" },
  401: {
    message:
      "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    reason: "authError",
    name: "UNAUTHENTICATED",
  },
  403: {
    message: "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'.",
    reason: "rateLimitExceeded",
    name: "PERMISSION_DENIED",
    domain: "usageLimits",
  },
  404: { message: "Requested entity was not found.", reason: "notFound", name: "NOT_FOUND" },
  429: {
    message: "Too many concurrent requests for user",
    reason: "rateLimitExceeded",
    name: "RESOURCE_EXHAUSTED",
  },
  500: { message: "Internal error encountered.", reason: "backendError", name: "INTERNAL" },
  503: { message: "The service is currently unavailable.", reason: "backendError", name: "UNAVAILABLE" },
};
const OTHER: Words = { message: "Backend Error", reason: "backendError", name: "INTERNAL" };

/** An error answer in the form all Google services share. */
export function googleError(
  status: number,
  headers: Record<string, string> = {},
  details?: object[],
): Answer {
  const { message, reason, name, domain = "global" } = WORDS[status] ?? OTHER;
  return jsonAnswer(
    status,
    {
      error: {
        code: status,
        message,
        errors: [{ message, domain, reason }],
        status: name,
        ...(details && { details }),
      },
    },
    headers,
  );
}

const REALM = 'Bearer realm="https://accounts.google.com/"';

/** No token, or one that is unknown, expired or taken back. */
export function unauthenticated(): Answer {
  return googleError(401, { "www-authenticate": `${REALM}, error="invalid_token"` }, [
    errorInfo("ACCESS_TOKEN_EXPIRED"),
  ]);
}

/** The token is good, but not for this. */
export function insufficientScopes(allowed: readonly string[]): Answer {
  const message = "Request had insufficient authentication scopes.";
  const error = {
    code: 403,
    message,
    errors: [{ message: "Insufficient Permission", domain: "global", reason: "insufficientPermissions" }],
    status: "PERMISSION_DENIED",
    details: [errorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT")],
  };
  const header = `${REALM}, error="insufficient_scope", scope="${allowed.join(" ")}"`;
  return jsonAnswer(403, { error }, { "www-authenticate": header });
}

function errorInfo(reason: string): object {
  return {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason,
    domain: "googleapis.com",
    metadata: { service: "gmail.googleapis.com" },
  };
}
