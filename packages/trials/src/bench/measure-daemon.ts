import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FOLDERS, SYNC_STATUS_FILE, syncStatusSchema } from "@nightdesk/claim-lib";
import { createTempDir, waitFor } from "@nightdesk/testkit";
import { makeMachine, type Machine } from "../race/make-machine.ts";
import { cpuTimeMs, memoryOf } from "./process-usage.ts";
import { makeSeed } from "./seed-size.ts";
import { startDaemon, type Daemon } from "./start-daemon.ts";

/**
 * CPU time and memory of vault-sync, started as PM2 starts it, for a start and for claims in a large vault; on
 * a busy machine the clock says little. Usage: measure-daemon.ts [NOTES] [CLAIMS]
 */
const [notes = 10_000, claims = 50] = process.argv.slice(2).map(Number);

/** Long enough for what a start leaves behind to be given back. */
const SETTLE_MS = 1_000;

const dir = await createTempDir("measure-daemon");
try {
  const seed = await makeSeed(dir.path, notes);
  const machine = await makeMachine(dir.path, "local", seed.remote);
  await rm(machine.vault, { recursive: true });
  await rename(seed.vault, machine.vault);
  await mkdir(join(machine.vault, FOLDERS.inProgress, "local"), { recursive: true });
  await measure(machine, "start without a saved table", 0);
  // Again, with what is kept for the next start: the table and the compiled code.
  await measure(machine, "start with a saved table", claims);
} finally {
  await dir.remove();
}

async function measure(machine: Machine, what: string, count: number): Promise<void> {
  const startedAtMs = Date.now();
  const daemon = await startDaemon(machine, dir.path);
  try {
    const hasSynced = async () => (await lastSyncMs(machine)) > startedAtMs;
    await waitFor(hasSynced, { what: "the first round", timeoutMs: 300_000, intervalMs: 100 });
    await sleep(SETTLE_MS);
    report(what, daemon, cpuTimeMs([daemon.pid]));
    if (count === 0) return;
    const beforeMs = cpuTimeMs([daemon.pid]);
    for (let n = 0; n < count; n += 1) await claim(machine, n % 2 === 0);
    report(`each of ${count} claims, git included`, daemon, (cpuTimeMs([daemon.pid]) - beforeMs) / count);
  } finally {
    await daemon.stop();
  }
}

async function lastSyncMs({ state }: Machine): Promise<number> {
  const text = await readFile(join(state, SYNC_STATUS_FILE), "utf8").catch(() => "null");
  const lastSyncAt = syncStatusSchema.safeParse(JSON.parse(text)).data?.lastSyncAt ?? null;
  return lastSyncAt === null ? 0 : Date.parse(lastSyncAt);
}

/** Claims a note, or gives it back; done when the remote has it. */
async function claim(machine: Machine, isClaim: boolean): Promise<void> {
  const folders = [join(FOLDERS.needsAction, "cloud-email"), join(FOLDERS.inProgress, "local")].map((name) =>
    join(machine.vault, name),
  );
  const [from = "", to = ""] = isClaim ? folders : folders.toReversed();
  const [name = ""] = await readdir(from);
  const before = await tipOf(machine);
  await rename(join(from, name), join(to, name));
  const isPushed = async () => (await tipOf(machine)) !== before;
  await waitFor(isPushed, { what: "the claim at the remote", timeoutMs: 60_000 });
}

function tipOf({ env }: Machine): Promise<string> {
  return readFile(join(env["GIT_REMOTE"] ?? "", "refs/heads/main"), "utf8");
}

function report(what: string, { pid }: Daemon, cpuMs: number): void {
  const [memory] = memoryOf([pid]);
  console.log(
    `${notes} notes, ${what}: ${Math.round(cpuMs)} ms of CPU, resident ${memory?.rssMb} MB, at most ${memory?.peakMb} MB`,
  );
}
