import { claimTask, folderOf, isConfirmed, NightdeskError, releaseTask, taskKey } from "@nightdesk/claim-lib";
import { SECRET, VAULT, type Machine } from "./machine.ts";
import { DONE, keyOf, mailNote, PENDING, replyNote } from "./notes.ts";
import { FREE_FOLDER as NEEDS_ACTION, taskFile as fileOf } from "../sample-notes.ts";
import { oidOf, withEntry, withItem } from "./truth.ts";
import type { World } from "./world.ts";

/** What agents and the owner do. Each looks at its own disk only, and does nothing where there is nothing to do. */
export type Action = (world: World, machine: Machine, n: number) => Promise<void>;

export const ACTIONS = {
  /** A mail becomes a task. */
  async arrive(world, machine, n) {
    if ([...machine.vaultFiles()].some(({ path }) => taskKey(path) === keyOf(n))) return;
    await put(world, machine, `${NEEDS_ACTION}/${fileOf(n)}`, mailNote(n));
    world.truth = { ...world.truth, tasks: withItem(world.truth.tasks, keyOf(n)) };
  },
  async claim(_world, machine, n) {
    await quietly(() => claimTask(machine.files, `${NEEDS_ACTION}/${fileOf(n)}`, machine.agent));
  },
  async draft(world, machine, n) {
    const path = held(machine, n);
    const found = await machine.files.read(path);
    const text = replyNote(n, `from ${machine.agent}`);
    if (
      found !== null &&
      found !== text &&
      found === mailNote(n) &&
      isConfirmed(await machine.readPublished(), path)
    )
      await put(world, machine, path, text, found);
  },
  async propose(_world, machine, n) {
    const path = held(machine, n);
    const text = await machine.files.read(path);
    if (text === null || text === mailNote(n) || !isConfirmed(await machine.readPublished(), path)) return;
    await quietly(() => machine.files.move(path, `${PENDING}/${fileOf(n)}`));
  },
  /** A mail that needs no answer. */
  async end(_world, machine, n) {
    const path = held(machine, n);
    if (!isConfirmed(await machine.readPublished(), path)) return;
    await quietly(() => machine.files.move(path, `${DONE}/${fileOf(n)}`));
  },
  async release(_world, machine, n) {
    await quietly(() => releaseTask(machine.files, held(machine, n), "cloud-email"));
  },
  async approve(world, machine, n) {
    const text = machine.text(`${VAULT}/${PENDING}/${fileOf(n)}`);
    if (text === null) return;
    decide(world, n, oidOf(text));
    if (!(await moveByHand(machine, `${PENDING}/${fileOf(n)}`, `Approved/${fileOf(n)}`)))
      decide(world, n, undefined);
  },
  async reject(_world, machine, n) {
    await moveByHand(machine, `${PENDING}/${fileOf(n)}`, `Rejected/${fileOf(n)}`);
  },
  async rejectEarly(_world, machine, n) {
    for (const folder of [NEEDS_ACTION, "In_Progress/cloud"])
      await moveByHand(machine, `${folder}/${fileOf(n)}`, `Rejected/${fileOf(n)}`);
  },
  /** The owner thinks better of it, before anything was carried out. */
  async withdraw(world, machine, n) {
    if (machine.text(`${VAULT}/Approved/${fileOf(n)}`) === null) return;
    if (await moveByHand(machine, `Approved/${fileOf(n)}`, `Rejected/${fileOf(n)}`))
      decide(world, n, undefined);
  },
  /** Not yet, after all. */
  async takeBack(world, machine, n) {
    const name = fileOf(n);
    if (await moveByHand(machine, `Approved/${name}`, `${PENDING}/${name}`)) decide(world, n, undefined);
  },
  async edit(world, machine, n) {
    await saveInPlace(world, machine, `${PENDING}/${fileOf(n)}`, (old) =>
      replyNote(n, `In my words, after ${old.length}: ${oidOf(old).slice(0, 6)}.`),
    );
  },
  async editClaimed(world, machine, n) {
    await saveInPlace(world, machine, `In_Progress/cloud/${fileOf(n)}`, (old) =>
      replyNote(n, `My own words, after ${old.length}: ${oidOf(old).slice(0, 6)}.`),
    );
  },
  /** The owner wants to see it no more; what the cloud has written meanwhile is not meant. */
  async deleteClaimed(world, machine, n) {
    const path = `In_Progress/cloud/${fileOf(n)}`;
    const text = machine.text(`${VAULT}/${path}`);
    if (text === null) return;
    const tasks = new Set([...world.truth.tasks].filter((key) => key !== keyOf(n)));
    world.truth = {
      ...world.truth,
      tasks,
      standing: withEntry(world.truth.standing, oidOf(text), undefined),
    };
    await machine.disk.unlink(`${VAULT}/${path}`);
    await syncFolder(machine, folderOf(path));
  },
  async editHandbook(world, machine) {
    await saveInPlace(
      world,
      machine,
      "Company_Handbook.md",
      (old) => `${old.slice(0, 400)}\nOne more rule.`,
      "# Rules\n",
    );
  },
  async dropFile(world, machine, n) {
    await put(world, machine, `Inbox/scan ${n}.md`, `# Scan ${n}\n`);
  },
  /** As Obsidian makes a file: the system writes it out when it likes. */
  async dropLazily(world, machine, n) {
    const text = `# Thought ${n}\n`;
    const path = `${VAULT}/Inbox/thought ${n}.md`;
    if (machine.text(path) !== null) return;
    begin(world, text, undefined);
    world.truth = { ...world.truth, savedInPlace: [...world.truth.savedInPlace, text] };
    const file = await machine.disk.open(path, "w");
    await file.writeFile(text);
  },
  async writeSecret(world, machine) {
    const path = "Inbox/passwords.md";
    world.truth = { ...world.truth, written: withItem(world.truth.written, oidOf(`${SECRET}\n`)) };
    await machine.files.write(path, `${SECRET}\n`);
  },
  /** The laptop takes what was approved, once; here the mail would be sent. */
  async execute(world, machine, n) {
    const text = machine.text(`${VAULT}/Approved/${fileOf(n)}`);
    if (text === null || machine.lastError === "OWN_COMMIT_UNKNOWN") return;
    await quietly(async () => {
      await machine.files.move(`Approved/${fileOf(n)}`, `In_Progress/local/${fileOf(n)}`);
      carryOut(world, n, text);
    });
  },
  async finish(_world, machine, n) {
    await quietly(() => machine.files.move(`In_Progress/local/${fileOf(n)}`, `${DONE}/${fileOf(n)}`));
  },
} as const satisfies Record<string, Action>;

export type ActionName = keyof typeof ACTIONS;

function held(machine: Machine, n: number): string {
  return `In_Progress/${machine.agent}/${fileOf(n)}`;
}

async function put(world: World, machine: Machine, path: string, text: string, read?: string): Promise<void> {
  begin(world, text, read);
  await machine.files.write(path, text);
  acknowledge(world, path, text);
}

/** From here on the new text may stand, and the one it was made from need not any more. */
export function begin(world: World, text: string, read: string | undefined): void {
  const { written, standing } = world.truth;
  world.truth = {
    ...world.truth,
    written: withItem(written, oidOf(text)),
    standing: read === undefined ? standing : withEntry(standing, oidOf(read), undefined),
  };
}

export function acknowledge(world: World, path: string, text: string): void {
  world.truth = { ...world.truth, standing: withEntry(world.truth.standing, oidOf(text), path) };
}

function decide(world: World, n: number, oid: string | undefined): void {
  const { approved, everApproved } = world.truth;
  world.truth = {
    ...world.truth,
    approved: withEntry(approved, keyOf(n), oid),
    everApproved: oid === undefined ? everApproved : withItem(everApproved, keyOf(n)),
  };
}

function carryOut(world: World, n: number, text: string): void {
  const key = keyOf(n);
  const before = world.truth.effects.get(key) ?? 0;
  if (before > 0) world.report("carried out once", `${key} was carried out ${before + 1} times`);
  const said = world.truth.approved.get(key);
  if (said === undefined)
    world.report("only what the owner approved", `${key} was carried out without a yes`);
  else if (said !== oidOf(text))
    world.report("only what the owner approved", `${key} was carried out with another text`);
  world.truth = { ...world.truth, effects: withEntry(world.truth.effects, key, before + 1) };
}

/** Obsidian saves in place: first the file is empty, then it is full; the system writes it out later. */
async function saveInPlace(
  world: World,
  machine: Machine,
  path: string,
  change: (old: string) => string,
  start?: string,
): Promise<void> {
  const old = machine.text(`${VAULT}/${path}`) ?? start;
  if (old === undefined) return;
  const text = change(old);
  begin(world, text, old);
  world.truth = { ...world.truth, savedInPlace: [...world.truth.savedInPlace, text] };
  try {
    const file = await machine.disk.open(`${VAULT}/${path}`, "w");
    await file.writeFile(text);
    await file.sync();
  } catch {
    // Moved away a moment ago: Obsidian would say so.
    return;
  }
  await syncFolder(machine, folderOf(path));
  acknowledge(world, path, text);
}

/** A drag in Obsidian: one rename, written down by the system a moment later. */
async function moveByHand(machine: Machine, from: string, to: string): Promise<boolean> {
  if (machine.text(`${VAULT}/${from}`) === null || machine.text(`${VAULT}/${to}`) !== null) return false;
  try {
    await machine.disk.rename(`${VAULT}/${from}`, `${VAULT}/${to}`);
  } catch {
    return false;
  }
  await syncFolder(machine, folderOf(to));
  await syncFolder(machine, folderOf(from));
  return true;
}

async function syncFolder(machine: Machine, folder: string): Promise<void> {
  const handle = await machine.disk.open(folder === "" ? VAULT : `${VAULT}/${folder}`, 0);
  await handle.sync();
}

/** Somebody was faster, or the disk refused: the agent goes on with its next task. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!NightdeskError.is(error)) throw error;
  }
}
