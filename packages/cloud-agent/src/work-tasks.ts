import {
  describeError,
  FOLDERS,
  isConfirmed,
  listTasks,
  NightdeskError,
  parseNote,
  releaseTask,
  STOP_FILE,
  type FoundTask,
} from "@nightdesk/claim-lib";
import { audit } from "./audit.ts";
import { claimTasks } from "./claim.ts";
import { concludeTask } from "./conclude-task.ts";
import type { AgentHealth } from "./health.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";
import { needsOwner, prepareTask, type Prepared } from "./prepare-task.ts";
import { createReviser } from "./revise.ts";
import { isOutage } from "./take-in.ts";
import { writeSignal } from "./report-update.ts";
import { limitConcurrency } from "./sequential.ts";

/** Held at once; the laptop may want some too. */
const MAX_HELD = 50;
/** Claims under way to the remote, and so in one push: one agent must not take all there is in one go. */
const MAX_UNCONFIRMED = 5;
/** Models are slow and answer side by side; more at once meets their rate limits. */
const THINKING_AT_ONCE = 4;
/** Tries of one task before the owner is asked. */
const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 30_000;
const MAX_BACKOFF_MS = 600_000;

/** Somebody's own note in a task's place: it is left as it is. */
const FOREIGN = new Set([
  "NOTE_MALFORMED",
  "NOTE_UNKNOWN_KEY",
  "NOTE_REGIONS",
  "NOTE_TOO_LARGE",
  "NOT_A_MAIL_TASK",
]);

export interface TaskWorker {
  /** One round: take up, claim, start thinking, conclude what is confirmed. Rounds must not overlap. */
  cycle(): Promise<void>;
  /** Resolves when no task is being thought about. */
  settled(): Promise<void>;
  /** Breaks off the thinking. Claims stay and are taken up at the next start. */
  stop(): void;
  held(): number;
}

interface Work {
  task: FoundTask;
  thinking: Promise<void> | null;
  prepared: Prepared | null;
}

interface Retry {
  attempts: number;
  notBeforeMs: number;
}

/** What the functions below share. */
interface Bench {
  ports: CloudPorts;
  settings: CloudSettings;
  health: AgentHealth;
  /** Asks for a round soon. */
  wake: () => void;
  works: Map<string, Work>;
  retries: Map<string, Retry>;
  /** Paths of notes that were told to the owner and are left alone. */
  foreign: Set<string>;
  stopping: AbortController;
  limit: ReturnType<typeof limitConcurrency>;
}

/** The part of the agent that turns waiting tasks into proposals. @param wake asks for a round soon */
export function createTaskWorker(
  ports: CloudPorts,
  settings: CloudSettings,
  health: AgentHealth,
  wake: () => void,
): TaskWorker {
  const bench: Bench = {
    ports,
    settings,
    health,
    wake,
    works: new Map(),
    retries: new Map(),
    foreign: new Set(),
    stopping: new AbortController(),
    limit: limitConcurrency(THINKING_AT_ONCE),
  };
  const { works } = bench;
  const revise = createReviser(ports, settings, wake);
  return {
    async cycle() {
      // Whoever types in a hurry means `stop.md` too.
      health.stopped = (await ports.files.list("")).some(
        (name) => name.toLowerCase() === STOP_FILE.toLowerCase(),
      );
      await takeUp(bench);
      if (health.stopped || bench.stopping.signal.aborted) return;
      await revise();
      if (health.mailError === null) {
        await claimMore(bench);
        for (const work of works.values()) if (!work.thinking && !work.prepared) startThinking(bench, work);
      }
      const published = await ports.readPublished();
      for (const work of works.values()) {
        // Until the published tip holds the claim, somebody else may hold it as well.
        if (work.prepared && isConfirmed(published, work.task.path))
          await conclude(bench, work, work.prepared);
      }
    },
    async settled() {
      while ([...works.values()].some((work) => work.thinking)) {
        await Promise.all([...works.values()].map((work) => work.thinking));
      }
    },
    stop: () => bench.stopping.abort(),
    held: () => works.size,
  };
}

/** Finds what lies in In_Progress/cloud: own claims, those from before a restart, and lost ones. */
async function takeUp({ ports, works, foreign }: Bench): Promise<void> {
  const there = await listTasks(ports.files, `${FOLDERS.inProgress}/cloud`);
  const paths = new Set(there.map(({ path }) => path));
  for (const [path, work] of works) {
    if (paths.has(path)) continue;
    works.delete(path);
    await audit(ports, {
      action_type: "claim_lost",
      target: work.task.name.id,
      parameters: {},
      result: "ok",
    });
  }
  for (const task of there) {
    if (works.has(task.path) || foreign.has(task.path)) continue;
    works.set(task.path, { task, thinking: null, prepared: null });
  }
}

async function claimMore(bench: Bench): Promise<void> {
  const { ports, settings, works, retries, foreign } = bench;
  const published = await ports.readPublished();
  const unconfirmed = [...works.keys()].filter((path) => !isConfirmed(published, path)).length;
  const room = Math.min(MAX_HELD - works.size, MAX_UNCONFIRMED - unconfirmed);
  if (room <= 0) return;
  const claimed = await claimTasks(ports, settings, {
    room,
    isPutOff: ({ path, name }) =>
      foreign.has(path) || (retries.get(name.id)?.notBeforeMs ?? 0) > ports.clock.now(),
    onForeign: (path, error) => leaveForeign(bench, path, error),
  });
  if (claimed.length > 0) await takeUp(bench);
}

/** Somebody's own note: told once, and left byte for byte. */
async function leaveForeign({ ports, works, foreign }: Bench, path: string, error: unknown): Promise<void> {
  works.delete(path);
  if (foreign.has(path)) return;
  foreign.add(path);
  ports.log.warn({ event: "task.foreign", path, error });
  await writeSignal(ports, {
    kind: "note_unusable",
    message: `The note "${path}" cannot be worked on and was left as it is: ${describeError(error)}`,
  });
}

function startThinking(bench: Bench, work: Work): void {
  const { ports, settings, retries, stopping } = bench;
  const { path, name } = work.task;
  const attempt = (retries.get(name.id)?.attempts ?? 0) + 1;
  const run = async () => {
    if (stopping.signal.aborted) return;
    try {
      work.prepared = await prepareTask(path, { ports, settings, attempt, signal: stopping.signal });
    } catch (error) {
      await afterFailure(bench, work, attempt, error);
    }
  };
  work.thinking = bench
    .limit(run)
    .catch((error: unknown) => ports.log.error({ event: "task.failed", id: name.id, error }))
    .finally(() => {
      work.thinking = null;
      bench.wake();
    });
}

/** Put back for later, or handed to the owner: no failure leaves a task where it is for ever. */
async function afterFailure(bench: Bench, work: Work, attempt: number, error: unknown): Promise<void> {
  const { ports, health } = bench;
  if (bench.stopping.signal.aborted || !bench.works.has(work.task.path)) return;
  ports.log.warn({ event: "task.not_prepared", id: work.task.name.id, attempt, error });
  const code = NightdeskError.is(error) ? error.code : "";
  if (FOREIGN.has(code)) return leaveForeign(bench, work.task.path, error);
  // A mailbox that does not answer says nothing about this task, so the try does not count.
  if (!code.startsWith("THINK_") && (await isOutage(ports, error))) {
    health.mailError = describeError(error);
    return release(bench, work, { attempts: attempt - 1, notBeforeMs: 0 });
  }
  const mayPass = !NightdeskError.is(error) || error.retry !== "never";
  if (!mayPass || attempt >= MAX_ATTEMPTS) return handToOwner(bench, work, code);
  const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  await release(bench, work, { attempts: attempt, notBeforeMs: ports.clock.now() + backoffMs });
}

async function handToOwner({ ports, settings }: Bench, work: Work, code: string): Promise<void> {
  const source = await ports.files.read(work.task.path);
  if (source === null) return;
  const why = `it could not be worked on (${code || "unknown error"})`;
  work.prepared = needsOwner(parseNote(source, settings.kinds), why, { ports });
}

/** Gives the task back, for the laptop or for a later try of our own. */
async function release({ ports, settings, works, retries }: Bench, work: Work, retry: Retry): Promise<void> {
  const { path, name } = work.task;
  retries.set(name.id, retry);
  works.delete(path);
  await releaseTask(ports.files, path, settings.needsAction);
  await audit(ports, {
    action_type: "task_released",
    target: name.id,
    parameters: { attempts: retry.attempts },
    result: "ok",
  });
}

async function conclude(bench: Bench, work: Work, prepared: Prepared): Promise<void> {
  const { ports, settings, health, works, retries, wake } = bench;
  const { path, name } = work.task;
  try {
    await concludeTask(path, name.id, prepared, ports, settings);
    works.delete(path);
    retries.delete(name.id);
    health.concluded(prepared.result);
  } catch (error) {
    // Seen and audited as lost by the next round.
    if (NightdeskError.is(error, "CLAIM_LOST")) return wake();
    const isOurs = NightdeskError.is(error, "NOTE_NOT_REPRODUCIBLE");
    if (isOurs && prepared.result !== "needs_owner") {
      ports.log.error({ event: "task.not_writable", id: name.id, error });
      await handToOwner(bench, work, error.code);
      return wake();
    }
    if (!isOurs && !NightdeskError.is(error, "CLAIM_TARGET_EXISTS")) throw error;
    await leaveForeign(bench, path, error);
  }
}
