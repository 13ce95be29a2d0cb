import { after, afterEach, before, beforeEach } from "node:test";
import { appendFile, cp, mkdir, rm, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { auditLine, auditPath, type AuditRecord } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { openJournal, type JournalRecord } from "@nightdesk/local-agent";
import { createBareRemote, createTempDir, runGit, type BareRemote } from "@nightdesk/testkit";
import { fileOf, mailNote } from "../../vault-sync/test/support/notes.ts";
import {
  environmentOf,
  machineAt,
  makeMachine,
  openMachine,
  putNote,
  type Machine,
} from "../../vault-sync/test/support/replicas.ts";
import { makeState } from "../src/init/make-state.ts";
import { runCli } from "./run-cli.ts";

/** Two machines with a few days of work behind them, their records in a real git history. */
export interface DoctorWorld {
  remote: Pick<BareRemote, "path" | "branch" | "git">;
  local: Machine;
  cloud: Machine;
  remove(): Promise<void>;
}

export const DAYS = ["2026-11-19", "2026-11-21"];
const NONCE = "a".repeat(32);
export const SENT_ID = "em_0000000000000001";

/** Copies of one world: making it takes seconds, copying it milliseconds. */
async function createDoctorWorlds(): Promise<{
  copy(): Promise<DoctorWorld>;
  remove(): Promise<void>;
}> {
  const dir = await createTempDir("doctor");
  const template = join(dir.path, "template");
  await fill(template);
  let number = 0;
  return {
    async copy() {
      const root = join(dir.path, String((number += 1)));
      await cp(template, root, { recursive: true, preserveTimestamps: true });
      const path = join(root, "remote.git");
      const remote = { path, branch: "main", git: (...args: string[]) => runGit(args, path) };
      return {
        remote,
        local: machineAt(root, "local", remote),
        cloud: machineAt(root, "cloud", remote),
        remove: () => rm(root, { recursive: true, force: true }),
      };
    },
    remove: () => dir.remove(),
  };
}

async function fill(root: string): Promise<void> {
  const remote = await createBareRemote({ path: join(root, "remote.git") });
  const local = await makeMachine(root, "local", remote);
  const cloud = await makeMachine(root, "cloud", remote);
  await makeState(local.state, "local");
  await makeState(cloud.state, "cloud");
  const [laptop, vm] = [await openMachine(local), await openMachine(cloud)];
  try {
    await putNote(local, "Company_Handbook.md", "# Handbook\n");
    await laptop.sync();
    for (const [index, day] of DAYS.entries()) {
      for (const round of [1, 2]) {
        const number = index * 2 + round;
        await putNote(cloud, `Needs_Action/cloud-email/${fileOf(number)}`, mailNote(number));
        await record(cloud, day, { action_type: "task_created", target: `em_${day}_${round}` });
        await vm.sync();
        await putNote(local, `Accounting/note ${number}.md`, `note ${number}\n`);
        await record(local, day, { action_type: "note_snoozed", target: `em_${day}_${round}` });
        await laptop.sync();
      }
    }
    await carryOut(local, { nonce: NONCE, id: SENT_ID });
    await putNote(local, "Accounting/last.md", "last\n");
    await laptop.sync();
    await vm.sync();
  } finally {
    await laptop.close();
    await vm.close();
  }
}

/** A line of the audit as the agent of this machine writes it. */
export async function record(
  machine: Machine,
  day: string,
  facts: Pick<AuditRecord, "action_type" | "target"> & Partial<AuditRecord>,
): Promise<void> {
  const timestamp = `${day}T09:00:00.000Z`;
  const line = auditLine({
    timestamp,
    actor: `${machine.role}-agent`,
    parameters: {},
    approval_status: "not_required",
    approved_by: null,
    result: "ok",
    ...facts,
  });
  await appendTo(machine, auditPath(machine.role, timestamp), line);
}

/** As if a minute had passed since, so that sync takes it at once. */
export async function appendTo(machine: Machine, path: string, text: string): Promise<void> {
  const file = join(machine.vault, path);
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, text);
  const then = new Date(Date.now() - 60_000);
  await utimes(file, then, then);
}

/** An effect as the executor leaves it: in the journal, and in the audit unless that is left out. */
export async function carryOut(
  local: Machine,
  { nonce, id, audited = true }: { nonce: string; id: string; audited?: boolean },
): Promise<void> {
  const at = "2026-11-21T09:30:00.000Z";
  const journal = await openJournal(openAppendLog(join(local.state, "journal.jsonl")));
  const lines: JournalRecord[] = [
    {
      type: "intent",
      id,
      rev: 1,
      channel: "email",
      file: doneFile(id),
      tool: "email_reply",
      account: "owner@firma.example",
      mode: "live",
      args_sha256: "b".repeat(64),
      nonce,
      receipt: { receipt: "{}", signature: "x" },
      approved_at: at,
      at,
    },
    { type: "prepared", id, nonce, handle: "r-1", at },
    { type: "committed", id, nonce, ref: "msg_1", sent_at: at, at },
    { type: "done", id, nonce, at },
  ];
  for (const line of lines) await journal.append(line);
  if (!audited) return;
  await record(local, "2026-11-21", {
    action_type: "email_send",
    target: id,
    parameters: { rev: 1, mode: "live", nonce },
    approval_status: "approved",
    approved_by: "owner",
  });
}

export function doneFile(id: string): string {
  return `2026-11-21 Ann - Offer ~${id}-r1.md`;
}

export interface Report {
  ok: boolean;
  checks: { name: string; state: string; says: string; todo?: string }[];
  auditLines: number;
  auditCommits: number;
  auditChanged: number;
  auditPutBack: number;
}

/** What the programs need beside what sync needs. */
const SETTINGS = {
  CHANNELS: "email",
  GMAIL_CLIENT_ID: "x.apps.googleusercontent.com",
  GMAIL_CLIENT_SECRET: "x",
  GMAIL_REFRESH_TOKEN: "x",
  // Nothing listens there: the clock is then compared with the newest commit.
  GMAIL_BASE_URL: "http://127.0.0.1:9",
};

export function settingsOf(machine: Machine, remote: Pick<BareRemote, "path">): Record<string, string> {
  return { ...environmentOf(machine, remote), ...SETTINGS };
}

/** The command as a program reads it. */
export async function examine(
  machine: Machine,
  remote: Pick<BareRemote, "path">,
  ...args: string[]
): Promise<Report & { code: number }> {
  const ran = await runCli(["doctor", "--json", ...args], settingsOf(machine, remote));
  return { ...(JSON.parse(ran.out) as Report), code: ran.code };
}

/** What the doctor says that is not well, of one sort. */
export function told(report: Report, name: string, state: "look" | "broken"): string[] {
  return report.checks
    .filter((check) => check.name === name && check.state === state)
    .map(({ says, todo }) => `${says} ${todo ?? ""}`);
}

/** Gives each test of the suite a world of its own. */
export function giveDoctorWorlds(take: (world: DoctorWorld) => void): void {
  let worlds: Awaited<ReturnType<typeof createDoctorWorlds>>;
  let world: DoctorWorld;
  before(async () => (worlds = await createDoctorWorlds()));
  after(() => worlds.remove());
  beforeEach(async () => take((world = await worlds.copy())));
  afterEach(() => world.remove());
}
