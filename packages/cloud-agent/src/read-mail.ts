import type { MailRef } from "./mail-port.ts";
import { audit } from "./audit.ts";
import type { CloudPorts, CloudSettings, MailCursor } from "./ports.ts";
import { writeSignal, writeUpdate } from "./report-update.ts";
import { takeIn, taskIdOf, type Intake } from "./take-in.ts";
import type { TaskIndex } from "./task-index.ts";

export interface MailWatch {
  /** Takes in what is new. Throws when the mailbox cannot be read; nothing is skipped then. */
  poll(): Promise<{ taken: number }>;
}

const DAY_MS = 86_400_000;
/** A cursor that stays the same is still confirmed so often, so that `at` says how far we looked. */
const CONFIRM_CURSOR_MS = 3_600_000;

/** What one look brought: tasks made, and mails that could not be read yet. */
interface Count {
  taken: number;
  waiting: number;
}

interface Look extends Intake {
  /** As last written; read at the first poll. */
  cursor: MailCursor | null;
}

/**
 * Watches the mailbox. The rule that loses nothing: a note is durable in the vault before the cursor
 * moves past its mail. The rule that doubles nothing: the id comes from the mailbox's own identity of
 * the mail, and an id that is known is not made again.
 *
 * The cursor waits for the note to be on this disk, not for its push: the id is deterministic, so even
 * if this disk is lost before vault-sync's offline queue is sent, the next look at the mailbox (a
 * sweep) finds the mail without a task and makes the same one.
 */
export function createMailWatch(ports: CloudPorts, settings: CloudSettings, index: TaskIndex): MailWatch {
  const look: Look = { ports, settings, index, attempts: new Map(), cursor: null };
  return {
    async poll() {
      look.cursor ??= await openCursor(look);
      return look.cursor.sweep ? sweep(look, look.cursor) : follow(look, look.cursor);
    },
  };
}

/** The stored cursor, or a new one when there is none that fits. */
async function openCursor(look: Look): Promise<MailCursor> {
  const stored = await look.ports.state.readCursor();
  // No cursor, but tasks: this is no first start, something was lost. Go back to the newest task.
  if (!stored) return beginAnew(look, look.index.lastAt());
  const { account } = await look.ports.mail.profile();
  // In another mailbox the old cursor means nothing.
  return account.toLowerCase() === stored.account.toLowerCase() ? stored : beginAnew(look, null);
}

/**
 * A cursor that marks this moment, with a sweep to be done. Written before the sweep, so that after a
 * crash the same sweep is done again: one begun anew would start from what it had already found.
 * @param since how far the mailbox had been read; null on the very first start
 */
async function beginAnew(look: Look, since: string | null): Promise<MailCursor> {
  const { account, cursor } = await look.ports.mail.profile();
  return saveCursor(look, { account, cursor, at: isoNow(look.ports), sweep: { since } });
}

/** What arrived since the cursor. */
async function follow(look: Look, from: MailCursor): Promise<Count> {
  const { ports } = look;
  const total: Count = { taken: 0, waiting: 0 };
  const at = isoNow(ports);
  let pageToken: string | undefined;
  for (;;) {
    const page = await ports.mail.changes(from.cursor, pageToken);
    if (page.expired) return sweep(look, await beginAnew(look, from.at));
    add(total, await takeAll(look, page.messages, from.account, 0));
    pageToken = page.next_page_token;
    if (pageToken !== undefined) continue;
    const isNews = page.cursor !== from.cursor || Date.parse(at) - Date.parse(from.at) >= CONFIRM_CURSOR_MS;
    if (total.waiting === 0 && isNews)
      await saveCursor(look, { account: from.account, cursor: page.cursor, at });
    return total;
  }
}

/**
 * Compares the inbox with the tasks there are. Its cursor is from before the search, so nothing falls
 * between the two.
 */
async function sweep(look: Look, from: MailCursor): Promise<Count> {
  const { ports, settings } = look;
  const since = from.sweep?.since ?? null;
  // A day more: a clock that is wrong by hours must not cost a mail.
  const sinceMs = since === null ? 0 : Date.parse(since) - DAY_MS;
  const days =
    since === null
      ? settings.backlogDays
      : Math.max(1, Math.ceil((ports.clock.now() - sinceMs) / DAY_MS) + 1);
  const query = `in:inbox ${since === null ? "is:unread " : ""}newer_than:${days}d`;
  const total: Count = { taken: 0, waiting: 0 };
  let pageToken: string | undefined;
  // A backlog of no days: only what arrives from now on.
  if (days > 0) {
    do {
      const page = await ports.mail.search(query, pageToken === undefined ? {} : { pageToken });
      add(total, await takeAll(look, page.messages, from.account, sinceMs));
      pageToken = page.next_page_token;
    } while (pageToken !== undefined);
  }
  if (total.waiting > 0) return total;
  await reportSweep(ports, { isFirst: since === null, taken: total.taken, days });
  await saveCursor(look, { account: from.account, cursor: from.cursor, at: from.at });
  return total;
}

async function takeAll(
  look: Look,
  refs: readonly MailRef[],
  account: string,
  sinceMs: number,
): Promise<Count> {
  const count: Count = { taken: 0, waiting: 0 };
  const arrivals = refs.map((ref) => ({
    ref,
    id: taskIdOf(look.settings, account, ref.message_id),
    account,
    sinceMs,
  }));
  // Once per page: the laptop, too, makes tasks of these ids when it stands in for us.
  if (arrivals.some(({ id }) => !look.index.has(id))) await look.index.refresh();
  for (const arrival of arrivals) {
    if (look.index.has(arrival.id)) continue;
    const result = await takeIn(look, arrival);
    if (result === "taken") count.taken += 1;
    if (result === "waiting") count.waiting += 1;
  }
  return count;
}

function add(total: Count, count: Count): void {
  total.taken += count.taken;
  total.waiting += count.waiting;
}

async function saveCursor(look: Look, next: MailCursor): Promise<MailCursor> {
  await look.ports.state.writeCursor(next);
  look.cursor = next;
  return next;
}

async function reportSweep(
  ports: CloudPorts,
  facts: { isFirst: boolean; taken: number; days: number },
): Promise<void> {
  const { isFirst, taken, days } = facts;
  if (isFirst && taken > 0) {
    await writeUpdate(ports, {
      kind: "backlog",
      message: `First look into the mailbox: ${taken} unread ${taken === 1 ? "mail" : "mails"} of the last ${days} days taken in.`,
    });
  }
  if (isFirst) return;
  await audit(ports, {
    action_type: "mail_reconciled",
    target: "mailbox",
    parameters: { days, taken },
    result: "ok",
  });
  await writeSignal(ports, {
    kind: "mail_reconciled",
    message: `The mailbox no longer knew where reading had stopped, so the inbox of the last ${days} days was compared with the tasks: ${taken} ${taken === 1 ? "mail was" : "mails were"} missing and taken in.`,
  });
}

function isoNow(ports: Pick<CloudPorts, "clock">): string {
  return new Date(ports.clock.now()).toISOString();
}
