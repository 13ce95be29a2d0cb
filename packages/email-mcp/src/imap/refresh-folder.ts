import type { FetchMessageObject, ImapFlow, MailboxObject } from "imapflow";
import { identifyMail } from "./identify-mail.ts";
import type { ImapLink } from "./imap-link.ts";
import type { FolderState, IndexedMail, MailIndex } from "./mail-index.ts";

/** Headers of so many mails are in memory at once. */
const BATCH = 500;

/**
 * Brings the index up to date with one folder: every mail from the mark on is looked at once. A folder whose
 * UIDs mean others now (UIDVALIDITY) begins anew.
 */
export async function refreshFolder(
  link: ImapLink,
  index: MailIndex,
  account: string,
  path: string,
): Promise<FolderState> {
  return link.inFolder(path, `what is new in ${path}`, async (client, box) => {
    // An open folder is not selected again, so its numbers may be old; NOOP brings them.
    await client.noop();
    const now = { uidValidity: String(box.uidValidity), uidNext: await nextUid(client, box) };
    const known = index.folder(path);
    if (known?.uidValidity !== now.uidValidity) index.resetFolder(path, { ...now, uidNext: 1 });
    const since = known?.uidValidity === now.uidValidity ? known.uidNext : 1;
    if (now.uidNext <= since) return now;
    let batch: IndexedMail[] = [];
    const query = { uid: true, size: true, headers: true, internalDate: true } as const;
    for await (const message of client.fetch(`${since}:*`, query, { uid: true })) {
      // "5:*" names the last mail even when its UID is below 5.
      if (message.uid < since) continue;
      batch.push(toIndexed(account, path, message));
      if (batch.length < BATCH) continue;
      index.add(path, { ...now, uidNext: message.uid + 1 }, batch);
      batch = [];
    }
    const last = batch.at(-1)?.uid ?? 0;
    const state = { ...now, uidNext: Math.max(now.uidNext, last + 1) };
    index.add(path, state, batch);
    return state;
  });
}

async function nextUid(client: ImapFlow, box: MailboxObject): Promise<number> {
  if (box.exists === 0) return box.uidNext;
  const last = await client.fetchOne("*", { uid: true });
  return Math.max(box.uidNext, last ? last.uid + 1 : 1);
}

function toIndexed(account: string, folder: string, message: FetchMessageObject): IndexedMail {
  const identity = identifyMail(account, message.headers ?? Buffer.alloc(0), message.size ?? 0);
  const receivedAtMs = new Date(message.internalDate ?? 0).getTime();
  return {
    ...identity,
    folder,
    uid: message.uid,
    receivedAtMs: Number.isNaN(receivedAtMs) ? 0 : receivedAtMs,
  };
}
