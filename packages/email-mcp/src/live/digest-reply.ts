import { canonicalJson, sha256Hex } from "@nightdesk/claim-lib";
import { simpleParser } from "mailparser";
import { decodeWords } from "../mime/decode-words.ts";
import { parseAddressList } from "../mime/parse-address.ts";
import { firstHeader, messageIds, parseHeaders, type Headers } from "../mime/parse-headers.ts";
import { REF_HEADER } from "./build-reply-mime.ts";

/**
 * A hash over what matters in a prepared reply: who gets it, what it answers, its mark and its text.
 * Gmail adds and rewrites other header lines of a draft; a change of these is a change of what was approved.
 */
export async function digestReply(raw: Buffer): Promise<string> {
  const { headers } = parseHeaders(raw);
  const decoded = await simpleParser(raw, { skipTextToHtml: true, skipImageLinks: true }).catch(() => null);
  // What cannot be read is not what was prepared; any hash that is never equal says so.
  if (!decoded) return `unreadable ${sha256Hex(raw)}`;
  return sha256Hex(
    canonicalJson({
      to: recipients(headers, "to"),
      cc: recipients(headers, "cc"),
      bcc: recipients(headers, "bcc"),
      subject: decodeWords(firstHeader(headers, "subject") ?? "").trim(),
      in_reply_to: messageIds(firstHeader(headers, "in-reply-to")),
      references: messageIds(firstHeader(headers, "references")),
      ref: headers.get(REF_HEADER.toLowerCase()) ?? [],
      // A server may end the last line with a line break of its own.
      body: (decoded.text ?? "").replace(/\n+$/, ""),
      html: decoded.html !== false,
      attachments: decoded.attachments.length,
    }),
  );
}

function recipients(headers: Headers, name: string): string[] {
  return (headers.get(name) ?? [])
    .flatMap((value) => {
      const { addresses, rejected } = parseAddressList(value);
      return [
        ...addresses.map(({ address }) => address.toLowerCase()),
        ...rejected.map(({ text }) => `? ${text}`),
      ];
    })
    .sort();
}
