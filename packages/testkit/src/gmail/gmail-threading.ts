import { randomBytes } from "node:crypto";
import { toHeaders } from "./gmail-mailbox.ts";
import { toList, type Upstream } from "./gmail-upstream.ts";
import { readHeader, readMessageIds, toBaseSubject } from "./raw-mail.ts";

/**
 * The thread a message given to the API goes into. Gmail keeps it in the asked-for thread only when the
 * headers agree: the thread is named, In-Reply-To or References name a message in it, and the subject is the
 * thread's (https://developers.google.com/workspace/gmail/api/guides/threads). The emulator would put it
 * wherever it is told, and so hide a reply that breaks the thread at the recipient. Null: no such thread.
 */
export async function chooseThread(
  upstream: Upstream,
  raw: Buffer,
  threadId: string,
): Promise<string | null> {
  if (threadId === "") return newThreadId();
  const answer = await upstream.call({
    method: "GET",
    path: `/gmail/v1/users/me/threads/${encodeURIComponent(threadId)}?format=metadata&includeSpamTrash=true`,
  });
  if (answer.status === 404) return null;
  const thread: unknown = JSON.parse(answer.body.toString("utf8"));
  const messages =
    typeof thread === "object" && thread !== null && "messages" in thread ? toList(thread.messages) : [];
  const headers = messages.map(toHeaders);

  const named = new Set([...readMessageIds(raw, "In-Reply-To"), ...readMessageIds(raw, "References")]);
  const subject = toBaseSubject(readHeader(raw, "Subject") ?? "");
  const isReply = headers.some((header) => named.has(header.get("message-id") ?? ""));
  const isSameSubject = headers.some((header) => toBaseSubject(header.get("subject") ?? "") === subject);
  return isReply && isSameSubject ? threadId : newThreadId();
}

function newThreadId(): string {
  return `thr_${randomBytes(15).toString("base64url")}`;
}
