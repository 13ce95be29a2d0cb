import { FOLDERS, isSafeName, nameOf, neutraliseLine, sha256Hex, taskKey } from "@nightdesk/claim-lib";
import { recordAudit, type AuditFacts } from "./audit.ts";
import type { Ports } from "./ports.ts";

const WHY = "WHY ";

/** Moves a file to Needs_Attention/, its bytes untouched, beside a note that says why. Audited when `audit` is given. */
export async function putAside(
  ports: Pick<Ports, "files" | "clock" | "log">,
  path: string,
  sentence: string,
  audit?: Omit<AuditFacts, "target" | "result">,
): Promise<void> {
  const target = await freePath(ports, nameOf(path));
  // First the reason, then the note: whoever sees the note there finds the reason beside it.
  await ports.files.write(whyPath(nameOf(target)), renderWhy(sentence));
  await ports.files.move(path, target);
  ports.log.warn({ event: "note.put_aside", task: taskKey(path), why: audit?.parameters?.["code"] });
  if (audit) await recordAudit(ports, { ...audit, target: path, result: sentence });
}

/** Puts a note that lies nowhere yet straight into Needs_Attention/, beside the note that says why. */
export async function bringAside(
  ports: Pick<Ports, "files">,
  file: string,
  text: string,
  sentence: string,
): Promise<void> {
  const target = await freePath(ports, file);
  await ports.files.write(whyPath(nameOf(target)), renderWhy(sentence));
  await ports.files.write(target, text);
}

/** A reason is written a moment before its note comes; one that young is not left over. */
const MIN_STALE_MS = 10_000;

/** Takes away reasons whose note the owner has dealt with: they are this program's own and say nothing any more. */
export async function removeStaleReasons(ports: Pick<Ports, "files" | "clock">): Promise<void> {
  const names = await ports.files.list(FOLDERS.needsAttention);
  const stale = names.filter(
    (name) => name.startsWith(WHY) && !names.some((other) => reasonName(other) === name),
  );
  for (const name of stale) {
    const path = `${FOLDERS.needsAttention}/${name}`;
    const stat = await ports.files.stat(path);
    if (!stat || ports.clock.now() - stat.mtimeMs < MIN_STALE_MS) continue;
    const text = await ports.files.read(path);
    if (text?.startsWith(TITLE)) await ports.files.remove(path);
  }
}

export interface AsideNote {
  file: string;
  sentence: string | null;
}

/** What lies in Needs_Attention/ with its reason. */
export async function listAside(ports: Pick<Ports, "files">): Promise<AsideNote[]> {
  const names = await ports.files.list(FOLDERS.needsAttention);
  const notes = names.filter((name) => !name.startsWith(WHY) && !name.startsWith("."));
  return Promise.all(
    notes.map(async (file) => {
      const text = await ports.files.read(whyPath(file));
      return { file, sentence: text?.startsWith(TITLE) ? (text.split("\n")[2] ?? null) : null };
    }),
  );
}

const TITLE = "# Why this note is here";

function renderWhy(sentence: string): string {
  return `${TITLE}\n\n${neutraliseLine(sentence)}\n\nNothing in the note was changed. Put it right and move it to Approved/ again, or move it to Rejected/.\n`;
}

function whyPath(file: string): string {
  return `${FOLDERS.needsAttention}/${reasonName(file)}`;
}

/** A name that cannot sync must not keep its reason from syncing. */
function reasonName(file: string): string {
  const base = file.endsWith(".md") ? file : `${file}.md`;
  return isSafeName(base) && base.length <= 180
    ? `${WHY}${base}`
    : `${WHY}note ${sha256Hex(file).slice(0, 8)}.md`;
}

async function freePath(ports: Pick<Ports, "files">, file: string): Promise<string> {
  // Folders and links take a name as well.
  const taken = new Set([
    ...(await ports.files.list(FOLDERS.needsAttention)),
    ...((await ports.files.listOdd?.(FOLDERS.needsAttention)) ?? []),
  ]);
  const dot = file.lastIndexOf(".");
  const stem = dot > 0 ? file.slice(0, dot) : file;
  const ending = dot > 0 ? file.slice(dot) : "";
  let name = file;
  for (let count = 2; taken.has(name); count += 1) name = `${stem} (${count})${ending}`;
  return `${FOLDERS.needsAttention}/${name}`;
}
