import { generateKeyPairSync } from "node:crypto";
import { mkdir, readdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Role } from "@nightdesk/claim-lib";
import type { BareRemote } from "@nightdesk/testkit";
import { readConfig, type VaultSyncConfig } from "../../src/config.ts";
import { openPorts, type OpenedPorts } from "../../src/open-ports.ts";
import { noFailpoint, type Failpoint } from "../../src/ports.ts";
import { openReplica, type Replica, type SyncPorts } from "../../src/replica.ts";
import { runCycle, type CycleReport } from "../../src/run-cycle.ts";

export interface Machine {
  role: Role;
  vault: string;
  state: string;
  config: VaultSyncConfig;
}

/** A machine's two folders and its key, as `nightdesk init` leaves them. */
export async function makeMachine(
  root: string,
  role: Role,
  remote: BareRemote,
  name: string = role,
): Promise<Machine> {
  const machine = machineAt(root, role, remote, name);
  await mkdir(machine.vault, { recursive: true });
  await mkdir(join(machine.state, "keys"), { recursive: true, mode: 0o700 });
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(join(machine.state, "keys", "sync.pem"), pem, { mode: 0o600 });
  return machine;
}

/** A machine whose folders are there already. */
export function machineAt(
  root: string,
  role: Role,
  remote: Pick<BareRemote, "path">,
  name: string = role,
): Machine {
  const vault = join(root, name, "vault");
  const state = join(root, name, "state");
  return { role, vault, state, config: readConfig(environmentOf({ role, vault, state }, remote)) };
}

export function environmentOf(
  machine: Pick<Machine, "role" | "vault" | "state">,
  remote: Pick<BareRemote, "path">,
): Record<string, string> {
  return {
    NIGHTDESK_ENV_FILE: "",
    AGENT_TYPE: machine.role,
    VAULT_PATH: machine.vault,
    STATE_PATH: machine.state,
    GIT_REMOTE: remote.path,
    LOG_LEVEL: "warn",
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? "",
  };
}

export interface Opened {
  machine: Machine;
  ports: OpenedPorts;
  replica: Replica;
  /** One round over the whole vault, as after a start. */
  sync(): Promise<CycleReport>;
  close(): Promise<void>;
}

/** Sync of one machine in this process; ports can be replaced. */
export async function openMachine(
  machine: Machine,
  change: (ports: OpenedPorts) => Partial<SyncPorts> = () => ({}),
  failpoint: Failpoint = noFailpoint,
): Promise<Opened> {
  const ports = await openPorts(machine.config, process.env, failpoint);
  const replica = await openReplica({ ...ports, ...change(ports) }).catch(async (error: unknown) => {
    // Its git processes would keep the test's process alive.
    await ports.close();
    throw error;
  });
  return {
    machine,
    ports,
    replica,
    sync: () => runCycle(replica, "all"),
    close: () => ports.close(),
  };
}

/** Writes a note as if it had been there for a minute, so that it has settled. */
export async function putNote(machine: Machine, path: string, text: string): Promise<void> {
  const file = join(machine.vault, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  const then = new Date(Date.now() - 60_000);
  await utimes(file, then, then);
}

export async function moveNote(machine: Machine, from: string, to: string): Promise<void> {
  await mkdir(dirname(join(machine.vault, to)), { recursive: true });
  await rename(join(machine.vault, from), join(machine.vault, to));
}

export async function readNote(machine: Machine, path: string): Promise<string | null> {
  return readFile(join(machine.vault, path), "utf8").catch(() => null);
}

/** Every file of the vault the owner sees but sync's own audit, sorted. */
export async function listVault(machine: Machine): Promise<string[]> {
  const names = await readdir(machine.vault, { recursive: true });
  const files: string[] = [];
  for (const name of names) {
    if (name.includes("vault_sync-") || name.startsWith(".")) continue;
    if ((await stat(join(machine.vault, name))).isFile()) files.push(name.replaceAll("\\", "/"));
  }
  return files.sort();
}

/** The lines of sync's own audit. */
export async function readAudit(machine: Machine): Promise<Record<string, unknown>[]> {
  const folder = join(machine.vault, "Logs", machine.role);
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    names
      .filter((name) => name.startsWith("vault_sync-"))
      .map((name) => readFile(join(folder, name), "utf8")),
  );
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
