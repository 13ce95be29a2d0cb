import { generateKeyPairSync } from "node:crypto";
import {
  deriveTaskId,
  kindsOf,
  makeTaskName,
  renderNote,
  sha256Hex,
  signReceipt,
  type TaskFields,
  type TaskNote,
  type SyncStatus,
} from "@nightdesk/claim-lib";
import type { AppendLog } from "@nightdesk/daemon-kit/append-log";
import { channel } from "@nightdesk/email-mcp/channel";
import {
  createFakeClock,
  createMemoryVaultFiles,
  createSeededRandom,
  type FakeClock,
  type MemoryVaultFiles,
} from "@nightdesk/testkit";
import { createApprover, type Approver } from "../src/approve.ts";
import { createBulkGuard, type BulkSettings } from "../src/bulk-guard.ts";
import { checkRecords } from "../src/check-records.ts";
import { openJournal } from "../src/journal.ts";
import { openLedger } from "../src/ledger.ts";
import { createLimiter } from "../src/limiter.ts";
import type { Ports } from "../src/ports.ts";
import { createPresenter, type Presenter } from "../src/present.ts";
import { createReconciler, type Reconciler } from "../src/reconcile.ts";
import { createSyncGate } from "../src/sync-gate.ts";
import { createWaitingNotes } from "../src/waiting-notes.ts";
import { crashingFiles, crashingLink, crashingLog, NO_CRASH, type CrashPlan } from "./crash-plan.ts";
import { createFakeLiveServer, type FakeLiveServer } from "./fake-live-server.ts";

const ACCOUNT = "owner@firma.example";
export const kinds = kindsOf([channel]);
const pair = generateKeyPairSync("ed25519");
const KEYS = {
  privatePem: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  publicPem: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
};

/** What survives a crash: the disk, the ledgers, the mailbox. */
export interface World {
  files: MemoryVaultFiles;
  drafts: MemoryVaultFiles;
  journal: MemoryLog;
  presented: MemoryLog;
  decisions: MemoryLog;
  server: FakeLiveServer;
  clock: FakeClock;
  /** What vault-sync says of itself; null before it said anything. */
  sync: SyncStatus | null;
  isSyncRunning: boolean;
}

export interface MemoryLog extends AppendLog {
  lines: Record<string, unknown>[];
}

export function createMemoryLog(): MemoryLog {
  const lines: Record<string, unknown>[] = [];
  return {
    lines,
    append: async (record) => void lines.push(structuredClone(record) as Record<string, unknown>),
    readAll: async () => structuredClone(lines),
  };
}

export function createWorld(): World {
  const clock = createFakeClock();
  return {
    clock,
    sync: null,
    isSyncRunning: false,
    files: createMemoryVaultFiles({}, () => clock.now()),
    drafts: createMemoryVaultFiles({}, () => clock.now()),
    journal: createMemoryLog(),
    presented: createMemoryLog(),
    decisions: createMemoryLog(),
    server: createFakeLiveServer({ account: ACCOUNT, publicKeyPem: KEYS.publicPem, now: () => clock.now() }),
  };
}

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

export interface Agent {
  ports: Ports;
  approver: Approver;
  reconciler: Reconciler;
  presenter: Presenter;
  lost: boolean;
  /** How often, and until when, the owner was told of many approvals at once. */
  bursts: number[];
}

export interface AgentOptions {
  plan?: CrashPlan;
  mode?: "live" | "dry_run";
  perHour?: number;
  /** Off in most tests: they approve many in the same instant. */
  bulk?: BulkSettings;
  timeZone?: string;
}

const NO_GUARD: BulkSettings = { approvals: Number.POSITIVE_INFINITY, waitMs: 0 };
/** The setting's default. */
const GRACE_MS = 60 * 60_000;

/** Starts the program on what is there, as main.ts does. */
export async function startAgent(world: World, options: AgentOptions = {}): Promise<Agent> {
  const plan = options.plan ?? NO_CRASH();
  const ledgerLogs = {
    presented: crashingLog(world.presented, plan),
    decisions: crashingLog(world.decisions, plan),
    presentedVersion: async () => String(world.presented.lines.length),
  };
  const readState = async () => (world.sync === null ? null : JSON.stringify(world.sync));
  const ports: Ports = {
    files: crashingFiles(world.files, plan),
    drafts: crashingFiles(world.drafts, plan),
    clock: world.clock,
    random: createSeededRandom(world.journal.lines.length + 1),
    log: silent,
    kinds,
    channels: [channel],
    link: () => crashingLink(world.server.link, plan),
    journal: await openJournal(crashingLog(world.journal, plan)),
    ledger: await openLedger(ledgerLogs),
    sign: (receipt) => signReceipt(receipt, KEYS.privatePem),
    mode: options.mode ?? "live",
    timeZone: options.timeZone ?? "UTC",
    readState,
    compared: createSyncGate({ clock: world.clock, readState, isSyncRunning: () => world.isSyncRunning }),
    reach: async () => {},
    underWay: new Set(),
  };
  const { lost } = await checkRecords(ports);
  const reconciler = createReconciler(ports);
  const limiter = createLimiter(ports.journal, ports.mode, () => ({
    perHour: options.perHour ?? 100,
    perDay: 500,
  }));
  const bursts: number[] = [];
  const approver = createApprover(ports, {
    undoWindowMs: 5000,
    scheduleGraceMs: GRACE_MS,
    bulk: createBulkGuard(options.bulk ?? NO_GUARD, (untilMs) => void bursts.push(untilMs)),
    limiter,
    onExecuted: reconciler.report,
    onChange: () => {},
  });
  const presenter = createPresenter(ports, createWaitingNotes(ports));
  return { ports, approver, reconciler, presenter, lost, bursts };
}

/** Lets the agent work for a while: undo window and retries included. */
export async function runFor(world: World, agent: Agent, seconds: number): Promise<void> {
  for (let second = 0; second <= seconds; second += 1) {
    if (second > 0) await world.clock.advance(1000);
    await agent.reconciler.look();
    await agent.approver.look();
    await agent.approver.idle();
  }
}

/** A fresh start of the program that works for a while. */
export async function run(world: World, seconds = 8): Promise<void> {
  await runFor(world, await startAgent(world), seconds);
}

export interface TaskOptions {
  number?: number;
  rev?: number;
  fields?: Partial<TaskFields> & Record<string, unknown>;
  text?: string;
}

export interface Task {
  id: string;
  file: string;
  note: TaskNote;
  text: string;
}

/** A reply to mail `m<number>` as the cloud writes it. */
export function makeTask(world: World, options: TaskOptions = {}): Task {
  const number = options.number ?? 1;
  return renderTask({
    ...options,
    account: ACCOUNT,
    messageId: `m${number}`,
    threadId: `t${number}`,
    subject: "Angebot 2291",
    nowMs: world.clock.now(),
  });
}

interface TaskSource extends Pick<TaskOptions, "rev" | "fields" | "text"> {
  account: string;
  messageId: string;
  threadId: string;
  subject: string;
  nowMs: number;
}

/** A reply to any mail as the cloud writes it. */
function renderTask(source: TaskSource): Task {
  const { rev = 1, account, messageId, nowMs } = source;
  const id = deriveTaskId("em", account, messageId);
  const file = makeTaskName({ date: "2026-11-21", who: "Anna Berg", subject: source.subject, id, rev });
  const note: TaskNote = {
    fields: {
      id,
      kind: "email_reply",
      rev,
      created: new Date(nowMs).toISOString(),
      expires: new Date(nowMs + 86_400_000).toISOString(),
      summary: "Confirms the delivery",
      risk: "low",
      source_account: account,
      source_message: messageId,
      source_thread: source.threadId,
      source_last: messageId,
      source_from: "Anna Berg (anna@kunde.example)",
      to: ["anna@kunde.example"],
      cc: [],
      subject: `Re: ${source.subject}`,
      ...source.fields,
    } as TaskFields,
    text: (source.text ?? "Hello Anna,\n\nThursday works.").trim(),
    feedback: "",
    original: "Hi, can you deliver?",
  };
  return { id, file, note, text: renderNote(note, kinds) };
}

/** The mail a task answers, in the owner's mailbox. */
export function putMail(world: World, number = 1): void {
  world.server.mails.set(`m${number}`, {
    to: ["anna@kunde.example"],
    cc: [],
    subject: "Re: Angebot 2291",
    source_message_id: `m${number}`,
    thread_id: `t${number}`,
    thread: [{ message_id: `m${number}`, sent_by_owner: false, received_at: "2026-11-20T16:02:00.000Z" }],
    from: { name: "Anna Berg", address: "anna@kunde.example" },
    text: "Hi, can you deliver?",
    received_at: "2026-11-20T16:02:00.000Z",
  });
}

/** As vault-sync does: first the ledger, then the note. */
export async function deliver(world: World, task: Task): Promise<string> {
  const path = `Pending_Approval/email/${task.file}`;
  await world.presented.append({
    type: "presented",
    id: task.id,
    rev: task.note.fields.rev,
    sha256: sha256Hex(task.text),
    path,
    at: new Date(world.clock.now()).toISOString(),
    from: "cloud",
    targets: { to: task.note.fields["to"], cc: task.note.fields["cc"] },
  });
  await world.files.write(path, task.text);
  return path;
}

/** A task that was presented and that the owner has just moved to Approved/. */
export async function approved(world: World, options: TaskOptions = {}): Promise<Task> {
  putMail(world, options.number ?? 1);
  const task = makeTask(world, options);
  const path = await deliver(world, task);
  await world.files.move(path, `Approved/${task.file}`);
  return task;
}

/** Paths of all notes of a task, reasons left out. */
export function placesOf(world: World, task: Task): string[] {
  return Object.keys(world.files.snapshot()).filter(
    (path) => path.includes(task.id) && !path.includes("/WHY "),
  );
}

/** The sentence beside a note that was put aside. */
export function reasonOf(world: World, file: string): string {
  return world.files.snapshot()[`Needs_Attention/WHY ${file}`] ?? "";
}

export function auditOf(world: World): Record<string, unknown>[] {
  return Object.entries(world.files.snapshot())
    .filter(([path]) => /^Logs\/local\/\d{4}-\d{2}-\d{2}\.jsonl$/.test(path))
    .flatMap(([, text]) => text.trim().split("\n"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
