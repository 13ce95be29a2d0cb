import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SYNC_STATUS_FILE, syncStatusSchema, taskKey, type SyncStatus } from "@nightdesk/claim-lib";
import {
  createBareRemote,
  createTempDir,
  readHistory,
  waitFor,
  type BareRemote,
  type SshServer,
} from "@nightdesk/testkit";
import { startDaemon, type Daemon } from "../../../vault-sync/test/support/daemon.ts";
import { listVault, makeMachine, putNote, type Machine } from "../../../vault-sync/test/support/replicas.ts";

/** Two machines and a remote between them, in a folder of their own. */
export interface SyncWorld {
  root: string;
  remote: BareRemote;
  cloud: Machine;
  local: Machine;
  /** Starts vault-sync of one machine; `url` is where it finds the remote. */
  start(
    machine: Machine,
    options?: { url?: string; launcher?: readonly string[]; env?: Record<string, string> },
  ): Daemon;
  /** Ends every daemon and removes everything. */
  close(): Promise<void>;
}

export async function makeSyncWorld(purpose: string): Promise<SyncWorld> {
  const dir = await createTempDir(purpose);
  const remote = await createBareRemote({ path: join(dir.path, "remote.git") });
  const cloud = await makeMachine(dir.path, "cloud", remote);
  const local = await makeMachine(dir.path, "local", remote);
  await putNote(local, "Company_Handbook.md", "# Handbook\n");
  const daemons: Daemon[] = [];
  return {
    root: dir.path,
    remote,
    cloud,
    local,
    start(machine, { url, ...options } = {}) {
      const daemon = startDaemon(machine, { path: url ?? remote.path }, options);
      daemons.push(daemon);
      return daemon;
    },
    async close() {
      await Promise.all(daemons.map(stopWithin));
      await dir.remove();
    },
  };
}

/** A stop may wait for a command that gets no answer; a test that failed must not. */
async function stopWithin(daemon: Daemon): Promise<void> {
  const timer = setTimeout(() => daemon.process.kill("SIGKILL"), 8_000);
  daemon.process.kill("SIGTERM");
  // Not its "close": a kept ssh connection may hold its pipes.
  if (daemon.process.exitCode === null && daemon.process.signalCode === null)
    await once(daemon.process, "exit");
  clearTimeout(timer);
}

/** Lets a machine in at an ssh server, and tells it the server's key for the port it will knock at. */
export async function enrol(machine: Machine, server: SshServer, port: number): Promise<void> {
  // Several worlds share one server.
  const key = await server.makeClientKey(randomBytes(6).toString("hex"));
  await server.authorize(key.publicLine);
  const keys = join(machine.state, "keys");
  await writeFile(join(keys, "ssh_key"), await readFile(key.file), { mode: 0o600 });
  const [, ...hostKey] = server.knownHostsLine().split(" ");
  await writeFile(join(keys, "known_hosts"), `[${server.address}]:${port} ${hostKey.join(" ")}\n`);
}

async function readStatus(machine: Machine): Promise<SyncStatus> {
  return syncStatusSchema.parse(JSON.parse(await readFile(join(machine.state, SYNC_STATUS_FILE), "utf8")));
}

/** Waits for a state of sync, and returns its sentence. */
export async function waitForState(
  machine: Machine,
  state: SyncStatus["state"],
  timeoutMs: number,
): Promise<string> {
  const found = await waitFor(
    async () => {
      const status = await readStatus(machine);
      return status.state === state && status;
    },
    {
      what: `sync of the ${machine.role} to be ${state}`,
      timeoutMs,
      intervalMs: 100,
      describe: () => readStatus(machine),
    },
  );
  return found.message;
}

/** Every file of a vault with its text. */
export async function readVault(machine: Machine): Promise<Record<string, string>> {
  const paths = await listVault(machine);
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path, await readFile(join(machine.vault, path), "utf8")] as const),
    ),
  );
}

/** Waits until both vaults hold the same and `expected` is in it; returns how long that took in milliseconds. */
export async function waitForStep(
  { cloud, local }: SyncWorld,
  expected: Record<string, string>,
  timeoutMs = 60_000,
): Promise<number> {
  const startedAtMs = performance.now();
  const differences = async () => {
    const [a, b] = await Promise.all([readVault(cloud), readVault(local)]);
    const wrong = Object.keys({ ...a, ...b, ...expected }).filter(
      (path) => a[path] !== b[path] || (path in expected && a[path] !== expected[path]),
    );
    return wrong.map((path) => `${path}: cloud ${size(a[path])}, local ${size(b[path])}`);
  };
  await waitFor(async () => (await differences()).length === 0, {
    what: "both vaults to be the same",
    timeoutMs,
    intervalMs: 200,
    describe: async () => [
      ...(await differences()).slice(0, 10),
      await readStatus(local),
      await readStatus(cloud),
    ],
  });
  return performance.now() - startedAtMs;
}

function size(text: string | undefined): string {
  return text === undefined ? "nothing" : `${text.length} characters`;
}

/** At no commit of the remote's history does a task lie in two places. */
export async function assertNeverTwice(remote: BareRemote): Promise<void> {
  const places = new Map<string, Set<string>>();
  const changes = await readHistory(remote);
  const check = (commit: string) => {
    for (const [key, paths] of places)
      assert.ok(paths.size < 2, `${key} lies twice at ${commit}: ${[...paths].join(", ")}`);
  };
  let commit = "";
  for (const change of changes) {
    if (change.commit !== commit) check(commit);
    commit = change.commit;
    const key = taskKey(change.path);
    if (key === null) continue;
    const paths = places.get(key) ?? new Set();
    if (change.kind === "D") paths.delete(change.path);
    else paths.add(change.path);
    places.set(key, paths);
  }
  check(commit);
}
