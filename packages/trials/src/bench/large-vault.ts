import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FOLDERS, kindsOf, makeTaskName, renderNote, type Kinds, type TaskNote } from "@nightdesk/claim-lib";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";

/** What lies where people and agents work, whatever the size of the vault. */
const WAITING_NOTES = 50;
const PENDING_NOTES = 20;
/** Mails of one month that are dealt with: a busy mailbox. */
const NOTES_PER_MONTH = 2_000;
/** Files written side by side. */
const AT_ONCE = 16;

const BASE32 = "0123456789abcdefghijklmnopqrstuv";

/** The path of the n-th note of a large vault, once it lies in `folder`. */
export function largeVaultPath(n: number, folder: string): string {
  const date = dateOf(n);
  return `${folder}/${makeTaskName({ date, who: `Customer ${n % 997}`, subject: `Question about order ${n}`, id: idOf(n), rev: 1 })}`;
}

/**
 * Writes a vault of `count` task notes as years of work leave it: 50 wait in `Needs_Action/cloud-email` (the
 * first ones), 20 in `Pending_Approval/email` (the next ones), the rest lies in `Done/<month>`, 2,000 a month.
 * All files are an hour old, so that they count as settled.
 */
export async function makeLargeVault(vault: string, count: number): Promise<void> {
  const kinds = kindsOf(await loadChannels(["email"]));
  const numbers = Array.from({ length: count }, (_, n) => n);
  const folders = new Set(numbers.map((n) => dirname(join(vault, largeVaultPath(n, folderFor(n))))));
  for (const folder of [...folders, join(vault, FOLDERS.inProgress, "cloud")]) {
    await mkdir(folder, { recursive: true });
  }
  const then = new Date(Date.now() - 3_600_000);
  for (let at = 0; at < count; at += AT_ONCE) {
    await Promise.all(
      numbers.slice(at, at + AT_ONCE).map(async (n) => {
        const file = join(vault, largeVaultPath(n, folderFor(n)));
        await writeFile(file, noteText(n, kinds));
        await utimes(file, then, then);
      }),
    );
  }
}

function folderFor(n: number): string {
  if (n < WAITING_NOTES) return `${FOLDERS.needsAction}/cloud-email`;
  if (n < WAITING_NOTES + PENDING_NOTES) return `${FOLDERS.pending}/email`;
  return `${FOLDERS.done}/${dateOf(n).slice(0, 7)}`;
}

/** Counted back from October 2026, a month for each 2,000 notes. */
function dateOf(n: number): string {
  const month = Math.floor(n / NOTES_PER_MONTH);
  return new Date(Date.UTC(2026, 9 - month, 1 + (n % 28))).toISOString().slice(0, 10);
}

function idOf(n: number): string {
  const digits = [32 ** 3, 32 ** 2, 32, 1].map((unit) => BASE32[Math.floor(n / unit) % 32]).join("");
  return `em_${"0".repeat(12)}${digits}`;
}

function noteText(n: number, kinds: Kinds): string {
  const isDraft = n >= WAITING_NOTES && n < WAITING_NOTES + PENDING_NOTES;
  const subject = `Question about order ${n}`;
  const note: TaskNote = {
    fields: {
      id: idOf(n),
      kind: isDraft ? "email_reply" : "email",
      rev: 1,
      created: `${dateOf(n)}T08:00:00.000Z`,
      summary: `Customer ${n % 997} asks when order ${n} will arrive`,
      source_from: `Customer ${n % 997}`,
      source_subject: subject,
      source_message: `m${n}`,
      source_thread: `t${n}`,
      ...(isDraft ? { to: [`customer${n % 997}@example.com`], cc: [], subject: `Re: ${subject}` } : {}),
    },
    text: isDraft ? "Dear customer,\n\nit arrives on Monday." : null,
    feedback: "",
    original: `Hello,\n\nI ordered on the ${n % 28}th. When will order ${n} arrive? Thank you for looking into it.\n\nKind regards`,
  };
  return renderNote(note, kinds);
}
