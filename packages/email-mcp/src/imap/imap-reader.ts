import type { FetchMessageObject, SearchObject } from "imapflow";
import { fail } from "../errors.ts";
import type { Ports } from "../gmail/call-gmail.ts";
import { MAX_PAGE } from "../limits.ts";
import type { ChangesPage, MailReader, MessageRef, OwnAddress, RawMail, ThreadMail } from "../provider.ts";
import { identifyMail } from "./identify-mail.ts";
import type { ImapLink } from "./imap-link.ts";
import { listFolders, type Folder, type FolderRole } from "./list-folders.ts";
import type { FolderState, IndexedMail, MailIndex } from "./mail-index.ts";
import { parseQuery } from "./parse-query.ts";
import { refreshFolder } from "./refresh-folder.ts";
import type { InboxWatch } from "./watch-inbox.ts";

export interface ImapReaderDeps {
  link: ImapLink;
  index: MailIndex;
  account: string;
  /** The owner's addresses, the account's own first: IMAP knows none. */
  own: readonly OwnAddress[];
  ports: Ports;
  watch: InboxWatch;
}

const INBOX = "INBOX";
/** Folders are made and renamed about never. */
const FOLDERS_FOR_MS = 10 * 60_000;

/** Everything of an IMAP mailbox that only looks; every folder is opened with EXAMINE. */
export function createImapReader(deps: ImapReaderDeps): MailReader {
  const folders = createFolderList(deps);
  const look: Look = { ...deps, folders };
  return {
    async profile() {
      const state = await refreshFolder(deps.link, deps.index, deps.account, INBOX);
      return { account: deps.account, cursor: toCursor(state) };
    },
    changes: (cursor, pageToken) => readChanges(look, cursor, pageToken),
    search: (query, options) => searchMails(look, query, options),
    read: (key) => readMail(look, key),
    thread: (threadId) => readThread(look, threadId),
    ownAddresses: async () => [...deps.own],
    untilNews: deps.watch.untilNews,
  };
}

interface Look extends ImapReaderDeps {
  folders(): Promise<Folder[]>;
}

function createFolderList({ link, ports }: ImapReaderDeps): () => Promise<Folder[]> {
  let known: { folders: Folder[]; untilMs: number } | null = null;
  return async () => {
    const nowMs = ports.clock.now();
    if (!known || known.untilMs <= nowMs)
      known = { folders: await listFolders(link), untilMs: nowMs + FOLDERS_FOR_MS };
    return known.folders;
  };
}

/** `<UIDVALIDITY>.<next UID>` of the inbox. */
const CURSOR = /^(\d{1,20})\.(\d{1,20})$/;

function toCursor({ uidValidity, uidNext }: FolderState): string {
  return `${uidValidity}.${uidNext}`;
}

async function readChanges(look: Look, cursor: string, pageToken: string | null): Promise<ChangesPage> {
  const { link, index, account } = look;
  const [from, page] = [CURSOR.exec(cursor), pageToken === null ? null : CURSOR.exec(pageToken)];
  if (!from || (pageToken !== null && !page))
    throw fail(
      "IMAP_REFUSED",
      "The cursor or page token is not one of email_changes; begin again with email_profile's.",
    );
  const state = await refreshFolder(link, index, account, INBOX);
  const isOld = [from, page].some((mark) => mark !== null && mark[1] !== state.uidValidity);
  if (isOld) return { messages: [], cursor, nextPageToken: null, expired: true };
  const mails = index.from(INBOX, Number(page?.[2] ?? from[2]), MAX_PAGE + 1);
  const shown = mails.slice(0, MAX_PAGE);
  const next = mails[MAX_PAGE];
  return {
    messages: shown.map(toRef),
    // Never past what this very look has seen: what comes now is found the next time.
    cursor: next ? cursor : toCursor({ ...state, uidNext: Math.max(Number(from[2]), state.uidNext) }),
    nextPageToken: next ? `${state.uidValidity}.${next.uid}` : null,
    expired: false,
  };
}

/** Newest first over all folders the query means. The page token counts results. */
async function searchMails(
  look: Look,
  query: string,
  { limit, pageToken }: { limit: number; pageToken: string | null },
): Promise<{ messages: MessageRef[]; nextPageToken: string | null }> {
  const { role, terms } = parseQuery(query, look.ports.clock.now());
  const found = new Map<string, IndexedMail>();
  for (const { path } of (await look.folders()).filter((folder) => isMeant(folder.role, role))) {
    await refreshFolder(look.link, look.index, look.account, path);
    const uids = await searchFolder(look.link, path, terms);
    for (const mail of look.index.byUids(path, uids)) if (!found.has(mail.key)) found.set(mail.key, mail);
  }
  const sorted = [...found.values()].sort((a, b) => b.receivedAtMs - a.receivedAtMs || b.uid - a.uid);
  const start = pageToken === null ? 0 : Number(pageToken);
  if (!Number.isSafeInteger(start) || start < 0)
    throw fail("IMAP_REFUSED", "The page token is not one of email_search; begin again without it.");
  const end = start + limit;
  return {
    messages: sorted.slice(start, end).map(toRef),
    nextPageToken: end < sorted.length ? String(end) : null,
  };
}

/** One search for each term, since two of a kind have no place in one query; a mail must be in all answers. */
async function searchFolder(link: ImapLink, path: string, terms: readonly SearchObject[]): Promise<number[]> {
  return link.inFolder(path, "the search", async (client) => {
    let found: number[] | null = null;
    for (const term of terms.length === 0 ? [{ all: true }] : terms) {
      const answer = await client.search(term, { uid: true });
      if (!Array.isArray(answer))
        throw fail("IMAP_REFUSED", "The mail server did not answer the search. Nothing was changed.");
      const uids: ReadonlySet<number> = new Set(answer);
      found = found === null ? [...uids] : found.filter((uid) => uids.has(uid));
    }
    return found ?? [];
  });
}

function isMeant(is: FolderRole, wanted: FolderRole | null): boolean {
  return wanted === null ? is !== "SPAM" && is !== "TRASH" : is === wanted;
}

async function readMail(look: Look, key: string): Promise<RawMail> {
  for (const attempt of ["where it was", "after a look everywhere"] as const) {
    if (attempt !== "where it was") await refreshAll(look);
    for (const mail of look.index.byKey(key)) {
      const raw = await readAt(look, mail);
      if (raw) return raw;
      // Moved or deleted by another program, or its folder's numbers mean others now.
      look.index.forget(mail);
    }
  }
  throw fail("MAIL_NOT_FOUND", "The mailbox does not have this mail (any more). Nothing was changed.");
}

async function readAt(look: Look, mail: IndexedMail): Promise<RawMail | null> {
  const { folder, uid, key } = mail;
  const roles = await look.folders();
  const role = roles.find(({ path }) => path === folder)?.role;
  if (!role) return null;
  const query = { uid: true, size: true, source: true, flags: true, internalDate: true } as const;
  const message = await look.link.inFolder(folder, "this mail", async (client) => {
    const found = await client.fetchOne(String(uid), query, { uid: true });
    if (found) return found;
    // A folder that has been open for a while does not show what another connection has seen come.
    await client.noop();
    return client.fetchOne(String(uid), query, { uid: true });
  });
  if (!message || !message.source) return null;
  const source = message.source;
  if (identifyMail(look.account, headerOf(source), message.size ?? source.length).key !== key) return null;
  return {
    messageId: key,
    threadId: mail.threadId,
    labels: labelsOf(role, message),
    receivedAtMs: mail.receivedAtMs,
    raw: source,
  };
}

function headerOf(raw: Buffer): Buffer {
  const ends = ["\r\n\r\n", "\n\n"].map((mark) => raw.indexOf(mark)).filter((at) => at >= 0);
  return ends.length === 0 ? raw : raw.subarray(0, Math.min(...ends));
}

function labelsOf(role: FolderRole, message: FetchMessageObject): string[] {
  return [
    ...(role === "OTHER" ? [] : [role]),
    ...(message.flags?.has("\\Seen") === false ? ["UNREAD"] : []),
    ...(message.flags?.has("\\Draft") === true && role !== "DRAFT" ? ["DRAFT"] : []),
  ];
}

async function refreshAll(look: Look): Promise<void> {
  for (const { path, role } of await look.folders())
    if (role !== "SPAM" && role !== "TRASH") await refreshFolder(look.link, look.index, look.account, path);
}

async function readThread(look: Look, threadId: string): Promise<ThreadMail[]> {
  await refreshAll(look);
  const roles = new Map((await look.folders()).map(({ path, role }) => [path, role]));
  const mails = new Map<string, ThreadMail>();
  for (const mail of look.index.thread(threadId)) {
    const role = roles.get(mail.folder) ?? "OTHER";
    const known = mails.get(mail.key);
    const labels = [...new Set([...(known?.labels ?? []), ...(role === "OTHER" ? [] : [role])])];
    mails.set(mail.key, { messageId: mail.key, from: mail.from, receivedAtMs: mail.receivedAtMs, labels });
  }
  if (mails.size === 0)
    throw fail("MAIL_NOT_FOUND", "The mailbox does not have this thread (any more). Nothing was changed.");
  return [...mails.values()].sort((a, b) => a.receivedAtMs - b.receivedAtMs);
}

function toRef({ key, threadId }: IndexedMail): MessageRef {
  return { messageId: key, threadId };
}
