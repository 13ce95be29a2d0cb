import { readFileSync } from "node:fs";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { doneFolder, FOLDERS, STOP_FILE, type Random } from "@nightdesk/claim-lib";
import { errnoOf } from "@nightdesk/daemon-kit/durable-write";
import { bodyOf, makePlan, nextVersion, type Case } from "./case.ts";
import { editInPlace } from "./edit-in-place.ts";
import type { Site } from "./open-site.ts";

/** An owner at work with one laptop, who keeps a few answers open. */
export interface Owner {
  cases: readonly Case[];
  /** Something approved has not ended yet. */
  isWorkInFlight(): boolean;
  /** No new mail comes in any more; what waits is still decided. */
  stopFeeding(): void;
  /** Everything that was decided has ended. */
  isAtRest(): boolean;
  /** STOP.md comes, and goes after so long. Resolves with the two instants. */
  halt(durationMs: number): Promise<{ fromMs: number; untilMs: number }>;
  stop(): Promise<void>;
}

const OPEN_CASES = 8;
const LOOK_MS = 60;
const PENDING = `${FOLDERS.pending}/email`;

/** Where each file lies, as one look found it. */
type Sight = ReadonlyMap<string, ReadonlySet<string>>;

interface Desk {
  site: Site;
  cases: Case[];
  settled: Set<Case>;
  isFeeding: boolean;
  isOver: boolean;
}

export function startOwner(site: Site, random: Random): Owner {
  const desk: Desk = { site, cases: [], settled: new Set(), isFeeding: true, isOver: false };
  let failure: unknown = null;
  const open = () => desk.cases.filter((one) => !desk.settled.has(one));
  const live = async () => {
    while (!desk.isOver) {
      const sight = await lookAround(desk);
      for (const one of open()) await decide(desk, one, sight);
      while (desk.isFeeding && !desk.isOver && open().length < OPEN_CASES) await takeIn(desk, random);
      await pause(LOOK_MS);
    }
  };
  const running = live().catch((error: unknown) => {
    failure = error;
  });
  const check = () => {
    if (failure !== null) throw failure;
  };
  return {
    cases: desk.cases,
    isWorkInFlight: () => open().some(({ approvals, isTakenBack }) => approvals.length > 0 && !isTakenBack),
    stopFeeding: () => void (desk.isFeeding = false),
    isAtRest() {
      check();
      return open().length === 0;
    },
    async halt(durationMs) {
      const path = join(site.office.local.vault, STOP_FILE);
      await writeFile(path, "");
      const fromMs = Date.now();
      await pause(durationMs);
      const untilMs = Date.now();
      await rm(path);
      return { fromMs, untilMs };
    },
    async stop() {
      desk.isOver = true;
      await running;
      check();
    },
  };
}

async function takeIn({ site, cases }: Desk, random: Random): Promise<void> {
  const reply = await site.bring(cases.length + 1);
  cases.push({
    provider: site.name,
    reply,
    plan: makePlan(random),
    approvals: [],
    isTakenBack: false,
    bodies: [bodyOf(reply.text)],
    isLate: false,
    returned: [],
    touchedMs: Date.now(),
  });
}

const LOOKED_AT = [
  PENDING,
  FOLDERS.approved,
  `${FOLDERS.inProgress}/local`,
  FOLDERS.rejected,
  FOLDERS.needsAttention,
];

async function lookAround({ site }: Desk): Promise<Sight> {
  const folders = [...LOOKED_AT, doneFolder(Date.now())];
  const lists = folders.map(async (folder) => {
    const names = await readdir(join(site.office.local.vault, folder)).catch(() => []);
    return [folder, new Set(names)] as const;
  });
  return new Map(await Promise.all(lists));
}

/** The owner's next step with one note, if there is one to take now. */
async function decide(desk: Desk, one: Case, sight: Sight): Promise<void> {
  const lies = [...sight].flatMap(([folder, names]) => (names.has(one.reply.file) ? [folder] : []));
  const [folder] = lies;
  if (lies.length !== 1 || folder === undefined) return;
  if (folder === FOLDERS.needsAttention) await review(desk, one);
  else if (folder === FOLDERS.approved) await reconsider(desk, one);
  else if (folder === PENDING) await decidePending(desk, one);
  else if (folder !== `${FOLDERS.inProgress}/local`) desk.settled.add(one);
}

/** How long the owner waits for a word on what was taken back: a laptop that was killed does not know of it. */
const WORD_MS = 3_000;

async function decidePending(desk: Desk, one: Case): Promise<void> {
  const text = read(desk, PENDING, one.reply.file);
  if (text === null) return;
  const { plan } = one;
  if (one.isTakenBack) {
    if (!/^notice: .*took this back/m.test(text) && Date.now() < one.touchedMs + WORD_MS) return;
    if (!plan.thinksAgain) return void desk.settled.add(one);
    plan.thinksAgain = false;
    await approve(desk, one, PENDING);
  } else if (one.approvals.length > 0) {
    const question = /^notice: (.*Approved\/ again.*)$/m.exec(text)?.[1];
    if (question === undefined) return;
    one.returned.push(question);
    await approve(desk, one, PENDING);
  } else if (plan.isHasty || /^checked: /m.test(text)) {
    if (plan.editsBefore) {
      // An edit that met the laptop's own writing is lost; a person sees that and types again.
      const edited = editInPlace(pathOf(desk, PENDING, one.reply.file), nextVersion);
      if (edited === null || read(desk, PENDING, one.reply.file) !== edited) return;
      plan.editsBefore = false;
    }
    await approve(desk, one, PENDING);
  }
}

async function approve(desk: Desk, one: Case, from: string): Promise<void> {
  const { file } = one.reply;
  const atMs = Date.now();
  if (!(await move(desk, file, from, FOLDERS.approved))) return;
  one.approvals.push(atMs);
  one.isTakenBack = false;
  one.touchedMs = atMs;
  const text = read(desk, FOLDERS.approved, file);
  if (text !== null) one.bodies = [bodyOf(text)];
}

/** Approved, and not carried out yet: it may be changed or taken back. */
async function reconsider(desk: Desk, one: Case): Promise<void> {
  const { plan, reply } = one;
  const sinceMs = Date.now() - one.touchedMs;
  const [editAfterMs] = plan.editsAfterMs;
  if (plan.takesBackAfterMs !== null && sinceMs >= plan.takesBackAfterMs) {
    plan.takesBackAfterMs = null;
    const to = plan.takesBackTo === "rejected" ? FOLDERS.rejected : PENDING;
    one.isTakenBack = await move(desk, reply.file, FOLDERS.approved, to);
    one.touchedMs = Date.now();
  } else if (editAfterMs !== undefined && sinceMs >= editAfterMs) {
    plan.editsAfterMs = plan.editsAfterMs.slice(1);
    const text = editInPlace(pathOf(desk, FOLDERS.approved, reply.file), nextVersion);
    if (text === null) return;
    one.touchedMs = Date.now();
    // Still there as it was written: whoever takes it from now on takes these words.
    const isInTime = read(desk, FOLDERS.approved, reply.file) === text;
    one.bodies = [...(isInTime ? [] : one.bodies), bodyOf(text)];
    one.isLate ||= !isInTime;
  }
}

const NOTHING_SENT = /nothing was sent|not carried out/i;
const NOBODY_KNOWS = /may have been sent|not known whether|whether this was sent|it was sent at/i;
const MAX_RETURNS = 5;

/** Put before the owner: what surely was not sent is approved again, everything else stays. */
async function review(desk: Desk, one: Case): Promise<void> {
  const { file } = one.reply;
  const why = read(desk, FOLDERS.needsAttention, `WHY ${file}`)?.split("\n")[2];
  if (why === undefined) return;
  const isKnown = NOTHING_SENT.test(why) && !NOBODY_KNOWS.test(why);
  if (!isKnown || one.returned.length >= MAX_RETURNS) return void desk.settled.add(one);
  one.returned.push(why);
  await approve(desk, one, FOLDERS.needsAttention);
}

function pathOf({ site }: Desk, folder: string, file: string): string {
  return join(site.office.local.vault, folder, file);
}

function read(desk: Desk, folder: string, file: string): string | null {
  try {
    return readFileSync(pathOf(desk, folder, file), "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** False when the laptop was faster. */
async function move(desk: Desk, file: string, from: string, to: string): Promise<boolean> {
  try {
    await rename(pathOf(desk, from, file), pathOf(desk, to, file));
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
