import { GMAIL_DEFAULTS, type GmailControl } from "@nightdesk/testkit";

export interface GmailAnswer {
  status: number;
  headers: Headers;
  // The tests look into many different answers; each says what it expects.
  body: Record<string, unknown>;
}

/** A bare client, so that what is tested is the wire and not a library's idea of it. */
export function createGmailClient(gmail: GmailControl, accessToken: string) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<GmailAnswer> => {
    const answer = await fetch(`${gmail.baseUrl}/gmail/v1/users/me/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? {} : JSON.parse(text) };
  };
}

export async function refresh(
  gmail: GmailControl,
  fields: Record<string, string> = {},
): Promise<GmailAnswer> {
  const answer = await fetch(`${gmail.baseUrl}/token`, {
    method: "POST",
    body: new URLSearchParams({
      client_id: GMAIL_DEFAULTS.clientId,
      client_secret: GMAIL_DEFAULTS.clientSecret,
      grant_type: "refresh_token",
      refresh_token: GMAIL_DEFAULTS.readonlyToken,
      ...fields,
    }),
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
}

export interface RawMailFields {
  id: string;
  from?: string;
  to?: string;
  subject?: string;
  inReplyTo?: string;
  references?: string;
}

/** A short raw mail; for the realistic ones there is buildMails. */
export function rawMail(fields: RawMailFields): string {
  const {
    id,
    from = "Anna Berg <anna@kunde.example>",
    to = GMAIL_DEFAULTS.address,
    subject = "Offer 2291",
  } = fields;
  const links = [
    ...(fields.inReplyTo === undefined ? [] : [`In-Reply-To: ${fields.inReplyTo}`]),
    ...(fields.references === undefined ? [] : [`References: ${fields.references}`]),
  ];
  return [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Message-ID: ${id}`,
    ...links,
    "",
    "Hello",
    "",
  ].join("\r\n");
}

export function toBase64Url(raw: string | Buffer): string {
  return Buffer.from(raw).toString("base64url");
}
