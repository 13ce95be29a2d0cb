import { createHash } from "node:crypto";
import { firstHeader, messageIds, parseHeaders, type Headers } from "../mime/parse-headers.ts";

/** What a mail is known by, whatever folder it lies in. */
export interface MailIdentity {
  /** Of the raw header, the size and the account: a sender who copies a Message-ID cannot hide another's mail behind it. */
  key: string;
  threadId: string;
  messageIdHeader: string | null;
  /** Message-IDs it names as its forerunners, oldest first. */
  references: string[];
  from: string;
}

/** @param header the whole header block as the server gives it; @param sizeBytes RFC822.SIZE */
export function identifyMail(account: string, header: Buffer, sizeBytes: number): MailIdentity {
  const hash = createHash("sha256")
    .update(`${account.toLowerCase()}\n${sizeBytes}\n`)
    .update(trimEnd(header));
  const key = `m${hash.digest("hex").slice(0, 32)}`;
  const { headers } = parseHeaders(header);
  const messageIdHeader = messageIds(firstHeader(headers, "message-id"))[0] ?? null;
  const references = forerunners(headers);
  return {
    key,
    // From the mail alone, so that both machines find the same whatever else they have seen.
    threadId: threadIdOf(references[0] ?? messageIdHeader ?? key),
    messageIdHeader,
    references,
    from: firstHeader(headers, "from") ?? "",
  };
}

/** The id of the thread that began with this Message-ID. */
function threadIdOf(rootMessageId: string): string {
  return `t${createHash("sha256").update(rootMessageId).digest("hex").slice(0, 32)}`;
}

function forerunners(headers: Headers): string[] {
  const references = messageIds(firstHeader(headers, "references"));
  return references.length > 0 ? references : messageIds(firstHeader(headers, "in-reply-to")).slice(0, 1);
}

/** Some servers end the header with an empty line, some do not. */
function trimEnd(header: Buffer): Buffer {
  let end = header.length;
  while (end > 0 && (header[end - 1] === 10 || header[end - 1] === 13)) end -= 1;
  return header.subarray(0, end);
}
