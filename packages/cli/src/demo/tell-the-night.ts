import { FOLDERS, nameOf } from "@nightdesk/claim-lib";
import { formatMs } from "./latencies.ts";
import type { NoteFact } from "./read-note.ts";
import type { World } from "./world.ts";

/** One mail of each kind comes while the laptop is off; what is more comes when both run. */
export const MAILS_AT_NIGHT_AT_MOST = 6;
/** How long any one step may take: a fixed part for starting programs, and a part for every mail. */
const STEP_MS = 60_000;
const STEP_PER_MAIL_MS = 1500;
/** After the last reply: long enough for a second sending of anything to show. */
const AFTERMATH_MS = 3000;

export function stepTimeoutMs(world: World): number {
  return STEP_MS + world.options.mails * STEP_PER_MAIL_MS;
}

/** Mail arrives at night: the laptop is off, the cloud reads and drafts. */
export async function playNight(world: World, mails: number): Promise<void> {
  const { story, zones, observer, postman } = world;
  await story.during("The laptop's vault is filled and published once", () => zones.local.syncOnce());
  story.say("The laptop has published its empty vault, and is now off.");
  await story.during("The cloud starts its three programs", () => zones.cloud.start());
  story.say("The cloud runs: mail server (read only), drafting, sync.");
  await postman.deliver(mails, (mail) =>
    story.say(`Mail from ${mail.fromName} (${mail.kind}): ${mail.subject}`),
  );
  await story.during(
    "The cloud reads, sorts and drafts",
    () =>
      observer.until(`a decision on each of the ${mails} mails`, stepTimeoutMs(world), () =>
        isNightOver(world),
      ),
    () => `${countIn(world, FOLDERS.pending)} drafts so far`,
  );
  story.say(
    `The cloud has drafted ${countIn(world, FOLDERS.pending)} replies, each a note in Pending_Approval/. ` +
      `${countIn(world, FOLDERS.done)} needed no reply. Nothing was sent: the cloud cannot.`,
  );
}

/** Each mail that came has its note in Pending_Approval/ or Done/, on the cloud's disk and on the remote. */
async function isNightOver(world: World): Promise<boolean> {
  const decided = world.observer.paths("cloud").filter(isDecided);
  if (decided.length < world.postman.arrived().length) return false;
  const published = await world.remote.listFiles();
  return decided.every((path) => published.includes(path));
}

function isDecided(path: string): boolean {
  return (
    [FOLDERS.pending, FOLDERS.done].some((folder) => path.startsWith(`${folder}/`)) && path.endsWith(".md")
  );
}

function countIn(world: World, folder: string): number {
  return world.observer.paths("cloud").filter((path) => path.startsWith(`${folder}/`) && path.endsWith(".md"))
    .length;
}

/** The laptop comes back. */
export async function openLaptop(world: World): Promise<void> {
  const { story, zones, observer, times } = world;
  times.laptopStartMs = observer.nowMs();
  await story.during("The laptop starts its three programs", () => zones.local.start());
  times.bothRunFromMs = observer.nowMs();
  story.say(
    "The laptop is on: sync, mail server (can send, with a receipt), and the one that acts on approvals.",
  );
}

/** The owner moves notes until every reply that is due has been sent. */
export async function approveAll(world: World, sentAtTheEnd: number): Promise<void> {
  const { story, owner, observer } = world;
  const before = owner.askedAgain();
  await story.during(
    "The owner approves, the laptop sends",
    () =>
      owner.approveUntil(
        () => observer.sentCount() >= sentAtTheEnd,
        `all ${sentAtTheEnd} replies to be sent`,
        stepTimeoutMs(world),
        (note) => story.say(`The owner moves to Approved/: ${shorten(note)}`),
      ),
    () => `${owner.approvals().length} approved, ${observer.sentCount()} sent`,
  );
  const again = owner.askedAgain() - before;
  if (again > 0) story.say(`${again} notes came back with a question and were approved once more.`);
}

/** Waits for every note to reach Done on both sides, then a while longer for anything that should not happen. */
export async function seeItDone(world: World): Promise<void> {
  const { story, observer, postman } = world;
  const expected = postman.arrived().length;
  await story.during("Both vaults come to show Done", () =>
    observer.until(`all ${expected} notes to lie in Done/ on both sides`, stepTimeoutMs(world), () =>
      isDone(world, expected),
    ),
  );
  story.say(`Both vaults show all ${expected} notes in Done/.`);
  await story.during(`Watching ${formatMs(AFTERMATH_MS)} longer, for anything done twice`, () =>
    pause(world, AFTERMATH_MS),
  );
}

function isDone(world: World, expected: number): boolean {
  const done = (zone: "cloud" | "local") => world.observer.paths(zone).filter(isDoneNote);
  const onCloud = done("cloud");
  const onLaptop = new Set(done("local"));
  return (
    onCloud.length >= expected && onLaptop.size >= expected && onCloud.every((path) => onLaptop.has(path))
  );
}

export function isDoneNote(path: string): boolean {
  return path.startsWith(`${FOLDERS.done}/`) && path.endsWith(".md");
}

/** A wait that ends at once when the demo is stopped. */
async function pause(world: World, durationMs: number): Promise<void> {
  const endMs = world.observer.nowMs() + durationMs;
  await world.observer.until("the wait to end", durationMs + STEP_MS, () => world.observer.nowMs() >= endMs);
}

export function shorten(note: NoteFact): string {
  const name = nameOf(note.path).replace(/ ~[a-z]{2}_[0-9a-v]+-r\d+\.md$/, "");
  return name.length > 80 ? `${name.slice(0, 79)}…` : name;
}
