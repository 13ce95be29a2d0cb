import { parseRecord, toRecord } from "./gmail-upstream.ts";
import type { GmailRequest } from "./gmail-routes.ts";

/**
 * Google's client sends a message either inside JSON or as an upload (the JSON and the raw message as two
 * MIME parts, or the raw message alone). The emulator takes an upload for text and stores the wrapping with
 * it, so an upload is turned into the JSON form here. Null when it is of no form Google knows.
 */
export function unwrapUpload(request: GmailRequest): GmailRequest | null {
  if (!request.path.startsWith("/upload/")) return request;
  const parts = readParts(request);
  if (!parts) return null;
  const raw = parts.message.toString("base64url");
  const path = request.path.slice("/upload".length);
  const isDraft = /\/drafts(\/|$)/.test(path);
  const body = isDraft
    ? { ...parts.metadata, message: { ...toRecord(parts.metadata["message"]), raw } }
    : { ...parts.metadata, raw };
  return { ...request, path, contentType: "application/json", body: Buffer.from(JSON.stringify(body)) };
}

function readParts(request: GmailRequest): { metadata: Record<string, unknown>; message: Buffer } | null {
  const type = request.contentType ?? "";
  if (/^message\/rfc822/i.test(type)) return { metadata: {}, message: request.body };
  const boundary = /^multipart\/related;.*boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary === undefined) return null;
  // latin1 keeps every byte of the message as it is.
  const [, first, second] = `\r\n${request.body.toString("latin1")}`.split(`\r\n--${boundary}`);
  if (first === undefined || second === undefined) return null;
  return { metadata: parseRecord(contentOf(first)), message: contentOf(second) };
}

function contentOf(part: string): Buffer {
  return Buffer.from(part.slice(part.indexOf("\r\n\r\n") + 4), "latin1");
}
