import { join } from "node:path";
import {
  claimTask,
  doneFolder,
  FOLDERS,
  isConfirmed,
  listTasks,
  NightdeskError,
  parseNote,
  taskKey,
  type FoundTask,
} from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import { readConfig } from "@nightdesk/vault-sync";
import { replyNote } from "../race/task-notes.ts";
import { FREE_FOLDER, KINDS } from "../sample-notes.ts";
import { readPublished, WORK_LOG, type WorkRecord } from "./places.ts";

/**
 * The smallest agent there can be, on either machine: claims, waits for the confirmation, works, moves on. On
 * the laptop it also carries out what was approved, with a journal as the executor has it. It holds nothing in
 * memory that its next start would need.
 */
const LOOK_MS = 40;
const MAX_UNCONFIRMED = 5;
/** Of what lies free, per look: the other machine is to have its chance. */
const CLAIMS_PER_LOOK = 2;

const config = readConfig(process.env);
const agent = config.AGENT_NAME ?? config.AGENT_TYPE;
const files = createNodeVaultFiles(config.VAULT_PATH);
const log = openAppendLog(join(config.STATE_PATH, WORK_LOG));
const ownFolder = `${FOLDERS.inProgress}/${agent}`;

/** Ends the process there as a power cut would. */
async function hit(step: string): Promise<void> {
  if (process.env["NIGHTDESK_FAILPOINT"] !== step) return;
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => undefined);
}

async function write(what: WorkRecord["what"], key: string): Promise<void> {
  await log.append({ what, key });
}

async function hasHadEffect(key: string): Promise<boolean> {
  return (await log.readAll()).some((record) => record["what"] === "effect" && record["key"] === key);
}

async function workOn(task: FoundTask): Promise<void> {
  const key = taskKey(task.path) ?? "";
  const source = await files.read(task.path);
  if (source === null) return;
  const isDrafted = parseNote(source, KINDS).fields.kind === "email_reply";
  if (agent === "local") return isDrafted ? carryOut(task, key) : handle(task, key);
  if (!isConfirmed(await readPublished(config.STATE_PATH), task.path)) return;
  if (!isDrafted) {
    await write("handled", key);
    await files.write(task.path, replyNote(Number.parseInt(task.name.id.slice(3), 32), agent));
    await hit("worker:drafted");
  }
  await files.move(task.path, `${FOLDERS.pending}/email/${nameOf(task)}`);
  await hit("worker:proposed");
}

/** A claim of the laptop's own: worked on, and done. */
async function handle(task: FoundTask, key: string): Promise<void> {
  if (!isConfirmed(await readPublished(config.STATE_PATH), task.path)) return;
  await write("handled", key);
  await finish(task);
}

async function carryOut(task: FoundTask, key: string): Promise<void> {
  if (!(await hasHadEffect(key))) {
    await write("effect", key);
    await hit("worker:effect");
  }
  await finish(task);
  await hit("worker:done");
}

async function finish(task: FoundTask): Promise<void> {
  await files.move(task.path, `${doneFolder(systemClock.now())}/${nameOf(task)}`);
}

async function takeApproved(): Promise<void> {
  for (const task of await listTasks(files, FOLDERS.approved)) {
    const key = taskKey(task.path) ?? "";
    if (await hasHadEffect(key)) await write("effect-again", key);
    await claimTask(files, task.path, agent);
    await hit("worker:taken");
  }
}

async function claimMore(): Promise<void> {
  const published = await readPublished(config.STATE_PATH);
  const held = await listTasks(files, ownFolder);
  const unconfirmed = held.filter(({ path }) => !isConfirmed(published, path)).length;
  const room = Math.min(CLAIMS_PER_LOOK, MAX_UNCONFIRMED - unconfirmed);
  const free = await listTasks(files, FREE_FOLDER);
  const order = free.map((task) => ({ task, at: systemRandom.fraction() })).sort((a, b) => a.at - b.at);
  for (const { task } of order.slice(0, Math.max(0, room))) {
    await claimTask(files, task.path, agent);
    await hit("worker:claimed");
  }
}

function nameOf(task: FoundTask): string {
  return task.path.slice(task.path.lastIndexOf("/") + 1);
}

for (;;) {
  try {
    for (const task of await listTasks(files, ownFolder)) await workOn(task);
    if (agent === "local") await takeApproved();
    await claimMore();
  } catch (error) {
    // Moved away between the look and the move: sync brought the other side's word.
    if (!NightdeskError.is(error, "CLAIM_LOST")) console.error(error);
  }
  await systemClock.sleep(LOOK_MS);
}
