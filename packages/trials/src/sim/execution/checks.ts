import { findNode } from "../disk-state.ts";
import { STATE, VAULT } from "../machine.ts";
import { sample } from "./tasks.ts";
import type { Sent } from "./outside.ts";
import { taskOfReference } from "./mailbox.ts";
import type { ExecWorld } from "./world.ts";

/** What the owner was promised: so long a note lies in Approved/ untouched before it is taken. */
const UNDO_MS = 5_000;
const STOPS_WITHIN_MS = 5_000;
const TAKEN = /^rename \/vault\/(?:Approved|Scheduled)\/(.+) -> \/vault\/In_Progress\/local\/.+$/;
const GIVEN_BACK = /^rename \/vault\/In_Progress\/local\/(.+) -> \/vault\/(?:Approved|Scheduled)\/.+$/;
const DONE = /^rename \/vault\/.+ -> \/vault\/Done\/[^/]+\/(.+)$/;

/** Looks at every rename on the laptop's disk: what is taken to be carried out, and what is called done. */
export function watchTaking(world: ExecWorld, call: string): void {
  const taken = sample.numberOf(TAKEN.exec(call)?.[1]);
  const task = taken === null ? undefined : world.task(taken);
  if (task) {
    const isOver =
      world.elapsedMs - task.touchedAtMs >= UNDO_MS || world.nowMs - task.touchedAtWallMs >= UNDO_MS;
    const isRipe = task.hand === "approved" && isOver;
    world.know(task.n, { taken: { words: task.words, isRipe, mode: world.mode } });
  }
  const back = sample.numberOf(GIVEN_BACK.exec(call)?.[1]);
  if (back !== null) world.know(back, { taken: null });
  const done = sample.numberOf(DONE.exec(call)?.[1]);
  const ended = done === null ? undefined : world.task(done);
  if (ended && ended.effects === 0 && ended.taken?.mode !== "dry_run")
    world.report("Done only with an effect", `task ${ended.n} came to Done/ and nothing went out`);
}

/** Each effect in the moment it happens, beside what the owner last said. */
export function checkEffect(world: ExecWorld, sent: Sent, isLate: boolean): void {
  const { n, words, to } = readSent(world, sent);
  const task = world.task(n);
  if (!task) return world.report("no effect without an approval", `${sent.id} answers no task`);
  world.know(n, { effects: task.effects + 1 });
  const { taken } = task;
  if (task.effects > 0) world.report("one effect per approval", `task ${n} was carried out twice`);
  else if (!taken) world.report("no effect without an approval", `task ${n} was not approved`);
  else if (taken.mode === "dry_run") world.report("a rehearsal sends nothing", `task ${n} went out`);
  else if (!taken.isRipe) world.report("the undo window is kept", `task ${n} was taken too early`);
  else if (taken.words !== words)
    world.report("what goes out is what was approved", `task ${n}: "${words}", not "${taken.words}"`);
  else if (task.isVoid && !isLate)
    world.report(
      "restored approvals count as unknown",
      `task ${n} was approved before the records were lost`,
    );
  else if (!isLate) checkHalts(world, n);
  if (to !== "ann@example.com") world.report("what goes out is what was approved", `task ${n} went to ${to}`);
}

/** What stands in the way of every effect, as it lies on the disk. */
function checkHalts(world: ExecWorld, n: number): void {
  const stop = findNode(world.disk.peek(), `${VAULT}/STOP.md`);
  if (stop && world.nowMs - stop.mtimeMs >= STOPS_WITHIN_MS)
    world.report("STOP.md stops everything", `task ${n} went out`);
  const unknown = new RegExp(`"type":"parked","id":"${sample.id(n)}"[^\\n]*"effect":"unknown"`);
  if (unknown.test(world.text(`${STATE}/journal.jsonl`) ?? ""))
    world.report("what nobody can tell is not done again", `task ${n} went out after it was put aside`);
}

/** Read with nothing of the project's own: header lines and base64 as they stand there. */
export function readSent(
  world: ExecWorld,
  sent: Pick<Sent, "content">,
): { n: number; words: string; to: string } {
  if (world.kind !== "handle") {
    const args = JSON.parse(sent.content) as { to: string[]; body: string };
    return { n: taskOfReference(sent.content), words: lastLine(args.body), to: args.to.join() };
  }
  const raw = Buffer.from(sent.content, "base64url").toString("utf8");
  const [head = "", body = ""] = raw.split(/\r\n\r\n(.*)/s);
  const to = /^To: (.*)$/im.exec(head)?.[1]?.trim() ?? "";
  const words = lastLine(Buffer.from(body, "base64").toString("utf8"));
  return { n: taskOfReference(/^In-Reply-To: (.*)$/im.exec(head)?.[1] ?? ""), words, to };
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1) ?? "";
}
