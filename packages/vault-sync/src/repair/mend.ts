import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PUBLISHED_FILE, SYNC_STATUS_FILE } from "@nightdesk/claim-lib";
import type { Environment } from "@nightdesk/daemon-kit/load-config";
import type { VaultSyncConfig } from "../config.ts";
import { fail } from "../errors.ts";
import { findRemoteLocks } from "../git/remote-locks.ts";
import { parseRemote } from "../git/remote-url.ts";
import { openPorts, type OpenedPorts } from "../open-ports.ts";
import { noFailpoint } from "../ports.ts";
import { openReplica, saveTable } from "../replica.ts";
import { runCycle } from "../run-cycle.ts";
import { adoptHistory, findOwnHistory, type OldApproval } from "./adopt-history.ts";
import type { RepairFolder } from "./repair-folder.ts";

export interface MendOptions {
  config: VaultSyncConfig;
  env: Environment;
  folder: RepairFolder;
}

/** A file that is being written right now is waited for so long. */
const SETTLE_TOTAL_MS = 60_000;

/** Puts the locks of killed pushes away. */
export async function removeLocks({ config, folder }: MendOptions): Promise<void> {
  const locks = await findRemoteLocks(parseRemote(config.GIT_REMOTE, config.GIT_BRANCH), Date.now());
  for (const [index, { path }] of locks.entries()) await folder.keep(path, `remote-${index}.lock`);
}

/** The git directory made anew from the remote. True when the record of what was synced last still holds in it. */
export async function rebuildGit(options: MendOptions): Promise<boolean> {
  await keepGit(options);
  return withPorts(options, async (ports) => {
    await ports.remote.fetch();
    try {
      const replica = await openReplica(ports);
      if (replica.base.commit !== null) await ports.state.keepCommit(replica.base.commit);
      // What was being applied when it broke is worked out anew, from a record that begins with the remote.
      return (await ports.state.read("applying")) === null;
    } catch {
      return false;
    }
  });
}

/**
 * Writes a new record of what was synced last, out of what this machine itself signed at the remote.
 * Returns the approvals in there: the caller puts them aside before anything is synced.
 */
export async function recordAnew(
  options: MendOptions,
  park: (approvals: readonly OldApproval[]) => Promise<void>,
): Promise<void> {
  const { config, folder } = options;
  const history = await withPorts(options, async (ports) => {
    const { tip } = await ports.remote.fetch();
    return tip === null ? null : findOwnHistory(ports, tip);
  });
  if (history !== null) await park(history.approvals);
  await folder.keep(join(config.STATE_PATH, "sync"), "sync");
  // An empty remote needs no record: the vault is published there as at the very first start.
  if (history !== null) await withPorts(options, (ports) => adoptHistory(ports, history));
}

/** Publishes the vault as it is into an empty remote, with a history that begins anew. */
export async function reseed(options: MendOptions, url: string): Promise<void> {
  const moved = { ...options, config: { ...options.config, GIT_REMOTE: url } };
  await withPorts(moved, async ({ remote }) => {
    if ((await remote.cheapTip()) === null) return;
    throw fail(
      "REMOTE_REJECTED",
      "That repository already holds a history, and a repair overwrites none; nothing was changed. Make a new empty one with: git init --bare",
    );
  });
  await keepGit(options);
  await options.folder.keep(join(options.config.STATE_PATH, "sync"), "sync");
  await withPorts(moved, syncToTheEnd);
}

/**
 * A cloud's vault and record put aside, and made anew from the remote. Its key and its place in the mail
 * stay. Returns where the old vault lies.
 */
export async function startAnew(options: MendOptions): Promise<string | null> {
  const { config, folder } = options;
  await withPorts(options, async ({ remote }) => {
    if ((await remote.cheapTip()) !== null) return;
    throw fail(
      "REMOTE_UNKNOWN",
      "The remote is empty, so there is nothing to start anew from; nothing was changed. Repair the laptop first: it publishes its vault.",
    );
  });
  const oldVault = await folder.keep(config.VAULT_PATH, "vault");
  await mkdir(config.VAULT_PATH, { recursive: true });
  await keepGit(options);
  for (const name of ["sync", PUBLISHED_FILE, SYNC_STATUS_FILE])
    await folder.keep(join(config.STATE_PATH, name), name);
  await withPorts(options, syncToTheEnd);
  return oldVault;
}

async function keepGit({ config, folder }: MendOptions): Promise<void> {
  await folder.keep(join(config.STATE_PATH, "git"), "git");
}

async function withPorts<T>(
  { config, env }: Pick<MendOptions, "config" | "env">,
  work: (ports: OpenedPorts) => Promise<T>,
): Promise<T> {
  const ports = await openPorts(config, env, noFailpoint);
  try {
    return await work(ports);
  } finally {
    await ports.close();
  }
}

async function syncToTheEnd(ports: OpenedPorts): Promise<void> {
  const replica = await openReplica(ports);
  const untilMs = ports.clock.now() + SETTLE_TOTAL_MS;
  for (;;) {
    const report = await runCycle(replica, "all");
    if (report.busy + report.held.length === 0 || ports.clock.now() > untilMs) break;
    await ports.clock.sleep(Math.min(report.retryInMs ?? 0, 500));
  }
  await saveTable(replica);
}
