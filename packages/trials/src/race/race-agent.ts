import {
  claimTask,
  FOLDERS,
  isConfirmed,
  listTasks,
  NightdeskError,
  type Published,
} from "@nightdesk/claim-lib";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import {
  createStatusReporter,
  noFailpoint,
  openPorts,
  openReplica,
  readConfig,
  startAnnouncer,
  startSyncLoop,
  type SyncLoop,
} from "@nightdesk/vault-sync";
import type { AgentMessage } from "./agent-message.ts";
import { FREE_FOLDER } from "../sample-notes.ts";

/** As the cloud agent: more unconfirmed claims would take work from the others in one push. */
const MAX_UNCONFIRMED = 5;

/**
 * One contender, in a process of its own: the real sync on a working copy of its own, and a busy loop that
 * claims what it sees, waits for the published tip to hold it, and claims again. Starts at its parent's word.
 */
const config = readConfig(process.env);
const ports = await openPorts(config, process.env, noFailpoint);
const files = createNodeVaultFiles(config.VAULT_PATH);
const counts = { refusedPushes: 0, pushes: 0 };
let published: Published | null = null;
let isRunning = false;
let turn: Promise<void> = Promise.resolve();
const unconfirmed = new Set<string>();

const replica = await openReplica({
  ...ports,
  remote: {
    ...ports.remote,
    async push(commit) {
      const answer = await ports.remote.push(commit);
      counts.pushes += 1;
      if (answer === "refused") counts.refusedPushes += 1;
      return answer;
    },
  },
  state: {
    ...ports.state,
    async writePublished(told) {
      await ports.state.writePublished(told);
      published = told;
      goOn();
    },
  },
});

const loop: SyncLoop = startSyncLoop({
  replica,
  status: await createStatusReporter(replica),
  intervalMs: 1_000,
  onRound: goOn,
  onError: (error) => tell({ type: "trouble", message: `${error.code}: ${error.message}` }),
});

const announcer =
  ports.openChannel &&
  startAnnouncer({
    open: ports.openChannel,
    clock: ports.clock,
    random: ports.random,
    onUp: () => loop.setAnnounced(true),
    onDown: () => loop.setAnnounced(false),
    onHint: (tip) => loop.announced(tip),
    onGivenUp: () => undefined,
  });

process.on("message", (message) => {
  if (message === "go") {
    isRunning = true;
    goOn();
  }
  if (message === "stop") void stop();
});

/** Turns follow one another; a claim that was just made must not be counted as lost by another turn. */
function goOn(): void {
  turn = turn.then(takeTurn).catch((error: unknown) => {
    tell({ type: "trouble", message: String(error) });
  });
}

async function takeTurn(): Promise<void> {
  const free = await listTasks(files, FREE_FOLDER);
  if (!isRunning) {
    // In step with a remote that has its tasks.
    if (free.length > 0) tell({ type: "ready" });
    return;
  }
  for (const path of unconfirmed) {
    if (isConfirmed(published, path) || (await files.stat(path)) === null) unconfirmed.delete(path);
  }
  const before = unconfirmed.size;
  for (const task of shuffle(free)) {
    if (unconfirmed.size >= MAX_UNCONFIRMED) break;
    try {
      unconfirmed.add(await claimTask(files, task.path, ports.agent));
    } catch (error) {
      // Carried off by the others' claims while we looked.
      if (!NightdeskError.is(error, "CLAIM_LOST")) throw error;
    }
  }
  if (unconfirmed.size > before) {
    loop.changed(FREE_FOLDER);
    loop.changed(`${FOLDERS.inProgress}/${ports.agent}`);
  }
  if (free.length === 0 && unconfirmed.size === 0) tell({ type: "done" });
}

function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: ports.random.fraction() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function stop(): Promise<void> {
  announcer?.close();
  await loop.stop();
  await turn;
  await ports.close();
  tell({ type: "counts", ...counts });
  process.disconnect();
}

function tell(message: AgentMessage): void {
  if (process.connected) process.send?.(message);
}
