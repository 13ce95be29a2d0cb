import assert from "node:assert/strict";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { taskKey } from "@nightdesk/claim-lib";
import { createBareRemote, createSeededRandom, createTempDir, type SeededRandom } from "@nightdesk/testkit";
import { fileOf, mailNote, replyNote } from "../../vault-sync/test/support/notes.ts";
import { makeMachine, openMachine, putNote, type Opened } from "../../vault-sync/test/support/replicas.ts";
import { assertNeverTwice, readVault } from "./support/sync-world.ts";

/** `NIGHTDESK_LONG=1`: ten schedules instead of one. `NIGHTDESK_SEED=7`: that one alone. */
const SEEDS =
  process.env["NIGHTDESK_SEED"] === undefined
    ? Array.from({ length: process.env["NIGHTDESK_LONG"] === "1" ? 10 : 1 }, (_, i) => i + 1)
    : [Number(process.env["NIGHTDESK_SEED"])];
const ACTIONS = 200;
const TASKS = 12;

const HANDBOOK = "Company_Handbook.md";
const OWNERS = ["Approved", "Rejected", "Snoozed", "Needs_Action/cloud-email", "Done/2026-11"] as const;
const TOKEN = /token-\d+-x/g;

/** One schedule on two real disks and a real remote. Everything it does comes from the seed. */
class Schedule {
  readonly random: SeededRandom;
  readonly local: Opened;
  readonly cloud: Opened;
  /** Every text ever written whole, until somebody who had it before them wrote over it or removed it. */
  readonly alive = new Set<string>();
  /** What the owner approved. */
  readonly approved = new Set<string>();
  readonly trace: string[] = [];
  #tokens = 0;

  constructor(random: SeededRandom, local: Opened, cloud: Opened) {
    this.random = random;
    this.local = local;
    this.cloud = cloud;
  }

  newToken(): string {
    this.#tokens += 1;
    return `token-${this.#tokens}-x`;
  }

  async write(side: Opened, path: string, text: string): Promise<void> {
    const file = join(side.machine.vault, path);
    for (const token of (await readOrEmpty(file)).match(TOKEN) ?? []) this.alive.delete(token);
    for (const token of text.match(TOKEN) ?? []) this.alive.add(token);
    this.trace.push(`${side.machine.role} writes ${path}: ${text.match(TOKEN)?.join() ?? ""}`);
    await mkdir(dirname(file), { recursive: true });
    if (this.random.below(2) === 0) await putNote(side.machine, path, text);
    else {
      await writeFile(`${file}.tmp~`, text);
      await rename(`${file}.tmp~`, file);
    }
  }

  async move(side: Opened, from: string, to: string): Promise<void> {
    const target = join(side.machine.vault, to);
    if (from === to || (await readOrNull(target)) !== null) return;
    this.trace.push(`${side.machine.role} moves ${from} -> ${to}`);
    await mkdir(dirname(target), { recursive: true });
    await rename(join(side.machine.vault, from), target);
    if (to.startsWith("Approved/")) this.approved.add(taskKey(to) ?? "");
  }

  /** Where a side has a task now. */
  async find(side: Opened, n: number): Promise<string | null> {
    const paths = Object.keys(await readVault(side.machine)).filter((path) => path.endsWith(`/${fileOf(n)}`));
    return paths[0] ?? null;
  }

  /**
   * @param isRacing a round runs at this very moment: then only what nobody but the owner writes is written over,
   * since an editor that writes over a text it has not read is not sync's doing
   */
  async ownerActs(isRacing = false): Promise<void> {
    const n = this.random.below(TASKS) + 1;
    const kind = this.random.below(isRacing ? 2 : 10);
    const path = isRacing ? null : await this.find(this.local, n);
    if (kind === 0) return this.write(this.local, HANDBOOK, `# Handbook\n\n${this.newToken()}\n`);
    if (kind === 1)
      return this.write(this.local, `Inbox/drop ${this.random.below(6)}.md`, `${this.newToken()}\n`);
    if (path === null) return;
    if (kind === 2) {
      const file = join(this.local.machine.vault, path);
      for (const token of (await readOrEmpty(file)).match(TOKEN) ?? []) this.alive.delete(token);
      this.trace.push(`owner removes ${path}`);
      return rm(file);
    }
    if (kind < 6) await this.write(this.local, path, replyNote(n, {}, this.newToken()));
    if (kind > 4) await this.move(this.local, path, `${this.random.pick(OWNERS)}/${fileOf(n)}`);
  }

  async cloudActs(): Promise<void> {
    const n = this.random.below(TASKS) + 1;
    const path = await this.find(this.cloud, n);
    if (path === null) return this.write(this.cloud, `Needs_Action/cloud-email/${fileOf(n)}`, mailNote(n));
    if (path.startsWith("Needs_Action/"))
      return this.move(this.cloud, path, `In_Progress/cloud/${fileOf(n)}`);
    if (!path.startsWith("In_Progress/cloud/")) return;
    await this.write(this.cloud, path, replyNote(n, {}, this.newToken()));
    if (this.random.below(2) === 0) await this.move(this.cloud, path, `Pending_Approval/email/${fileOf(n)}`);
  }

  async sync(side: Opened): Promise<void> {
    this.trace.push(`${side.machine.role} syncs`);
    await side.sync();
    await this.expectNothingApproved();
  }

  /** Nothing comes to where things are carried out but by the owner's hand. */
  async expectNothingApproved(): Promise<void> {
    for (const path of Object.keys(await readVault(this.local.machine))) {
      if (path.startsWith("In_Progress/local/")) assert.fail(path);
      if (path.startsWith("Approved/")) assert.ok(this.approved.has(taskKey(path) ?? ""), path);
    }
  }
}

async function readOrNull(file: string): Promise<string | null> {
  return readFile(file, "utf8").catch(() => null);
}
const readOrEmpty = async (file: string) => (await readOrNull(file)) ?? "";

/** Actions of both, rounds of either side and of both at once, in an order the seed chooses. */
async function play(schedule: Schedule): Promise<void> {
  const { random, local, cloud } = schedule;
  for (let action = 0; action < ACTIONS; action += 1) {
    await (random.below(3) === 0 ? schedule.cloudActs() : schedule.ownerActs());
    const next = random.below(6);
    if (next === 0) await schedule.sync(local);
    if (next === 1) await schedule.sync(cloud);
    // An edit in the middle of a round: the disk decides which came first.
    if (next === 2) {
      schedule.trace.push("both sync, and meanwhile:");
      await Promise.all([local.sync(), schedule.ownerActs(true), cloud.sync()]);
      await schedule.expectNothingApproved();
    }
  }
}

/** Rounds until neither side has anything to do. */
async function settle({ local, cloud }: Schedule): Promise<void> {
  for (let quiet = 0, round = 0; quiet < 2; round += 1) {
    assert.ok(round < 30, "it never comes to rest");
    const reports = [await local.sync(), await cloud.sync()];
    const isQuiet = reports.every((report) => report.applied + report.published + report.busy === 0);
    quiet = isQuiet ? quiet + 1 : 0;
    if (!isQuiet) await new Promise((resolve) => setTimeout(resolve, 400));
  }
}

describe("random work of owner and cloud on real disks", () => {
  for (const seed of SEEDS) {
    it(`seed ${seed}: ${ACTIONS} actions lose no text, approve nothing, and end alike`, async () => {
      const dir = await createTempDir("random");
      const remote = await createBareRemote({ path: join(dir.path, "remote.git") });
      const local = await openMachine(await makeMachine(dir.path, "local", remote));
      const cloud = await openMachine(await makeMachine(dir.path, "cloud", remote));
      const schedule = new Schedule(createSeededRandom(seed), local, cloud);
      try {
        await putNote(local.machine, HANDBOOK, "# Handbook\n");
        for (let n = 1; n <= 40; n += 1)
          await putNote(local.machine, `Accounting/entry ${n}.md`, `entry ${n}\n`);
        await local.sync();
        await cloud.sync();
        await play(schedule);
        await settle(schedule);
        const [a, b] = [await readVault(cloud.machine), await readVault(local.machine)];
        assert.deepEqual(a, b);
        const all = Object.values(b).join("\n");
        assert.doesNotMatch(all, /^(<{7}|>{7})/m);
        for (const token of schedule.alive) assert.ok(all.includes(token), `${token} is lost`);
        await assertNeverTwice(remote);
      } catch (error) {
        process.stderr.write(`NIGHTDESK_SEED=${seed}\n${schedule.trace.slice(-60).join("\n")}\n`);
        throw error;
      } finally {
        await local.close();
        await cloud.close();
        await dir.remove();
      }
    });
  }
});
