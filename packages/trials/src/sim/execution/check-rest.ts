import { VAULT } from "../machine.ts";
import { sample } from "./tasks.ts";
import type { TaskTruth } from "./truth.ts";
import type { ExecWorld } from "./world.ts";

/** Where the owner's own hand leaves a note. */
const HANDS: Readonly<Record<TaskTruth["hand"], string>> = {
  pending: "Pending_Approval",
  approved: "",
  rejected: "Rejected",
  deleted: "",
  "moved away": "Inbox",
};

/** When nothing moves any more: every note in one place, every approval at its end, every effect in the audit once. */
export function checkRest(world: ExecWorld): void {
  for (const task of Object.values(world.truth)) {
    const places = placesOf(world, task.n);
    checkPlaces(world, task, places);
    checkEnd(world, task, places);
    checkAudit(world, task);
    checkDrafts(world, task);
  }
}

/** A draft that was made and is not used lies before the owner in Gmail, who may send it by hand. */
function checkDrafts(world: ExecWorld, { n, excuses, taken }: TaskTruth): void {
  const left = world.outside.drafts.filter(({ threadId }) => threadId === `t${n}`);
  const isAsked = taken !== null && excuses.length === 0;
  if (isAsked && left.length > 0 && !world.outside.lateDraft)
    world.report("no draft is left behind", `task ${n}: ${left.map(({ id }) => id).join(", ")}`);
}

interface Place {
  folder: string;
  path: string;
  text: string;
}

function placesOf(world: ExecWorld, n: number): Place[] {
  const state = world.disk.peek();
  const places: Place[] = [];
  for (const [folder, names] of state.folders) {
    if (!folder.startsWith(`${VAULT}/`)) continue;
    for (const [name, ino] of names) {
      const node = state.nodes.get(ino);
      if (!node || node.isFolder || sample.numberOf(name) !== n) continue;
      const path = `${folder}/${name}`.slice(VAULT.length + 1);
      places.push({ folder: path.split("/")[0] ?? "", path, text: node.bytes.toString("utf8") });
    }
  }
  return places;
}

/** What the owner copies, or moves away in the very moment it is written, may lie in two places. */
const TWO_PLACES = ["two copies", "moved while under way"];

function checkPlaces(
  world: ExecWorld,
  { n, hand, words, excuses }: TaskTruth,
  places: readonly Place[],
): void {
  const mayBeTwo = excuses.some((why) => TWO_PLACES.includes(why));
  if (places.length === 0 && hand !== "deleted") world.report("nothing is lost", `task ${n} lies nowhere`);
  if (mayBeTwo) return;
  if (places.length > 1)
    world.report("one place for each note", `task ${n}: ${places.map(({ path }) => path).join(", ")}`);
  if (hand !== "deleted" && places.length > 0 && !places.some(({ text }) => text.includes(words)))
    world.report("nothing is lost", `the words "${words}" of task ${n} stand nowhere`);
}

function checkEnd(world: ExecWorld, task: TaskTruth, places: readonly Place[]): void {
  const { n, hand, effects, excuses, taken } = task;
  const [place] = places;
  const isStuck = places.some(({ folder }) => folder === "In_Progress");
  if (isStuck) world.report("everything comes to its end", `task ${n} still lies in In_Progress/`);
  if (!place || places.length > 1 || isStuck) return;
  const wasRehearsed = taken?.mode === "dry_run";
  if (place.folder === "Done") {
    if (effects === 0 && !wasRehearsed) world.report("Done only with an effect", `task ${n}`);
    return;
  }
  if (excuses.length > 0) return;
  if (hand !== "approved") {
    if (place.folder !== HANDS[hand])
      world.report("the owner's word holds", `task ${n}, ${hand}, lies in ${place.path}`);
    if (effects > 0) world.report("taken back is not sent", `task ${n}, ${hand}, went out`);
    return;
  }
  const mayBeUnknown = world.kind === "search-only" && Object.values(world.outside.begun).includes(true);
  if (place.folder === "Needs_Attention" && mayBeUnknown) return;
  if (place.folder === "Needs_Attention")
    world.report("put aside only when nobody can tell", `task ${n} at a provider of kind ${world.kind}`);
  else world.report("every approval comes to its end", `task ${n} lies in ${place.path}`);
}

function checkAudit(world: ExecWorld, { n, effects, excuses, taken }: TaskTruth): void {
  const lines = auditLines(world).filter(
    ({ action_type, target }) => action_type === "email_send" && target === sample.id(n),
  );
  const ok = lines.filter(({ result }) => result === "ok").length;
  const unknown = lines.filter(({ parameters }) => parameters?.["effect"] === "unknown").length;
  if (ok > effects) world.report("the audit tells the truth", `task ${n}: ${ok} lines, ${effects} effects`);
  if (effects === 0 || excuses.includes("records put back")) return;
  if (ok + unknown !== 1 && taken !== null)
    world.report("one line in the audit for each effect", `task ${n}: ${ok} and ${unknown} as unknown`);
}

interface Line {
  action_type?: string;
  target?: string;
  result?: string;
  parameters?: Record<string, unknown>;
}

function auditLines(world: ExecWorld): Line[] {
  const state = world.disk.peek();
  const names = state.folders.get(`${VAULT}/Logs/local`) ?? new Map<string, number>();
  return [...names.values()].flatMap((ino) =>
    (state.nodes.get(ino)?.bytes.toString("utf8") ?? "").split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        // The beginning of a line that a power cut left.
        return [];
      }
    }),
  );
}
