import { doneFolder, FOLDERS, listTasks, nameOf, toFieldLine, type TaskFields } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import { findMoves } from "./doubts.ts";
import { judgePresented } from "./judge-presented.ts";
import { formatWhen, parseWhen } from "./local-time.ts";
import { derive, readSource, type Derived } from "./mailbox.ts";
import { isWaiting, readActionNote, readFile, type ActionNote, type FoundFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { recordReturn, writePresented } from "./put-before-owner.ts";
import { rewriteNote } from "./rewrite-note.ts";
import { targetsOf } from "./targets.ts";

/** True for a waiting note that came back from Snoozed/ or Expired/ and has not been checked again since. */
export function needsRenewal(ports: Pick<Ports, "ledger">, id: string, rev: number): boolean {
  const last = ports.ledger.lastStay(id, rev)?.type;
  return last === "snoozed" || last === "expired";
}

/**
 * Puts a note before the owner as at first: checked against the mailbox again, with a fresh time to
 * decide. What the owner answered meanwhile is dropped to Done/, with a line that says so.
 * Throws when the mailbox cannot be asked; it is tried again then.
 */
export async function renewNote(ports: Ports, path: string): Promise<void> {
  const found = await readFile(ports, path);
  if (!found) return;
  const read = readActionNote(nameOf(path), found.text, ports);
  if (!read.ok) return;
  const action = read.note;
  const derived = await derive(ports, action.channel, action.action, action.note.fields);
  const moves = findMoves(action.note.fields, derived);
  const answered = moves.find(({ key }) => key.startsWith("answered:"));
  if (answered) return dropAnswered(ports, found, action, answered.sentence);
  const fields = await freshFields(
    ports,
    found,
    action,
    derived,
    moves.map(({ sentence }) => sentence),
  );
  const text = rewriteNote(found.text, action.note, fields, ports.kinds);
  if (!(await writePresented(ports, found, text, action.name, targetsOf(fields, action.action)))) return;
  await recordReturn(ports, action.name);
  ports.log.info({ event: "note.renewed", id: action.name.id, rev: action.name.rev });
}

async function freshFields(
  ports: Ports,
  found: FoundFile,
  { name, note, channel, action }: ActionNote,
  derived: Derived,
  remarks: readonly string[],
): Promise<TaskFields> {
  const nowMs = ports.clock.now();
  const source =
    derived.state === "unknown" ? null : await readSource(ports, channel, note.fields.source_message ?? "");
  const { expires: _expires, snooze_until: _until, notice: _notice, ...kept } = note.fields;
  const stay = ports.ledger.lastStay(name.id, name.rev);
  const back = stay?.type === "expired" ? "Renewed" : "Back from Snoozed/";
  const notice = toFieldLine([`${back} on ${formatWhen(nowMs, ports.timeZone)}.`, ...remarks].join(" "));
  const fields = judgePresented({
    note: { ...note, fields: { ...kept, notice } },
    action,
    derived,
    source,
    nowMs,
  });
  const sendAt = note.fields.send_at;
  const isForeign = (await ports.ledger.presented(name.id)).some(
    ({ from, sha256 }) => from === "cloud" && sha256 === found.sha256,
  );
  const isAhead = sendAt !== undefined && (parseWhen(sendAt, ports.timeZone) ?? 0) > nowMs;
  return isAhead && !isForeign ? { ...fields, send_at: sendAt } : fields;
}

async function dropAnswered(
  ports: Ports,
  found: FoundFile,
  { name, note }: ActionNote,
  sentence: string,
): Promise<void> {
  const nowMs = ports.clock.now();
  const fields: TaskFields = {
    ...note.fields,
    notice: toFieldLine(`${sentence} This draft was dropped; nothing was sent.`),
    outcome: "already_answered",
    outcome_at: new Date(nowMs).toISOString(),
  };
  if ((await readFile(ports, found.path))?.sha256 !== found.sha256) return;
  await ports.files.write(found.path, rewriteNote(found.text, note, fields, ports.kinds));
  await ports.files.move(found.path, `${doneFolder(nowMs)}/${nameOf(found.path)}`);
  await recordReturn(ports, name);
  await recordAudit(ports, {
    action_type: "note_dropped",
    target: name.id,
    parameters: { rev: name.rev },
    approval_status: "refused",
    result: sentence,
  });
}

/** What the owner put into Expired/ by hand counts as expired too. */
export async function recordExpired(ports: Ports): Promise<void> {
  for (const { path, name } of await listTasks(ports.files, FOLDERS.expired)) {
    if (ports.ledger.lastStay(name.id, name.rev)?.type === "expired") continue;
    // A copy only: the two would be written down in turn at every look, and neither would ever come back.
    const file = nameOf(path);
    if ((await isWaiting(ports, file)) || (await ports.files.stat(`${FOLDERS.snoozed}/${file}`)) !== null)
      continue;
    await ports.ledger.addDecision({
      type: "expired",
      id: name.id,
      rev: name.rev,
      at: new Date(ports.clock.now()).toISOString(),
    });
  }
}
