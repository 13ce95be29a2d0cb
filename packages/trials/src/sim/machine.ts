import {
  NightdeskError,
  publishedSchema,
  type AgentName,
  type Clock,
  type Published,
  type Role,
  type VaultFiles,
} from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { createSeededRandom } from "@nightdesk/testkit";
import {
  createNodeDisk,
  hashObject,
  noFailpoint,
  openReplica,
  openSyncState,
  runCycle,
  saveTable,
  type Commit,
  type CommitSigner,
  type CycleReport,
  type Replica,
  type SyncPorts,
} from "@nightdesk/vault-sync";
import { findNode } from "./disk-state.ts";
import { KINDS } from "../sample-notes.ts";
import { SimDisk, type DiskHooks } from "./sim-disk.ts";
import { createSimStore, GIT_DIR } from "./sim-objects.ts";
import type { RemoteHooks, SimRemote } from "./sim-remote.ts";

export const VAULT = "/vault";
export const STATE = "/state";

/** What the owner once wrote into a note by mistake. */
export const SECRET = "AKIA-a-secret-key";

export interface MachineOptions {
  agent: AgentName;
  remote: SimRemote;
  clock: Clock;
  diskHooks: DiskHooks;
  remoteHooks: RemoteHooks;
  seed: number;
}

/** One machine: a disk, a key, and the real sync code over them. */
export class Machine {
  readonly agent: AgentName;
  readonly role: Role;
  readonly disk: SimDisk;
  readonly files: VaultFiles;
  readonly clock: Clock;
  lastError: string | null = null;
  readonly #options: MachineOptions;
  #replica: Replica | null = null;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.agent = options.agent;
    this.role = options.agent === "local" ? "local" : "cloud";
    this.clock = options.clock;
    this.disk = new SimDisk(options.diskHooks);
    this.files = createNodeVaultFiles(VAULT, this.disk);
  }

  /** Forgets all that is not on the disk. */
  restart(): void {
    this.forget();
    this.lastError = null;
  }

  /** Sync starts again; how its last round ended is still known, as it is from its status. */
  forget(): void {
    this.#replica = null;
  }

  /** One round of sync. Null when it ended with one of our errors, which is then in `lastError`. */
  async round(folders: Iterable<string> | "all" = "all", trustBase = false): Promise<CycleReport | null> {
    try {
      this.#replica ??= await openReplica(await this.openPorts());
      const report = await runCycle(this.#replica, folders, { trustBase });
      this.lastError = null;
      return report;
    } catch (error) {
      if (!NightdeskError.is(error)) throw error;
      this.lastError = error.code;
      return null;
    }
  }

  /** What vault-sync told the agents last. */
  async readPublished(): Promise<Published | null> {
    try {
      const text = (await this.disk.readFile(`${STATE}/published.json`)).toString("utf8");
      return publishedSchema.safeParse(JSON.parse(text)).data ?? null;
    } catch {
      return null;
    }
  }

  /** The table only saves reading: a disk that refuses it is no trouble. */
  async keepTable(): Promise<void> {
    if (!this.#replica) return;
    try {
      await saveTable(this.#replica);
    } catch (error) {
      if (!NightdeskError.is(error)) throw error;
    }
  }

  /** The text of a file as every program sees it now; null when there is none. */
  text(path: string): string | null {
    const node = findNode(this.disk.peek(), path);
    return node && !node.isFolder ? node.bytes.toString("utf8") : null;
  }

  /** Every file of the vault but records, with its bytes. */
  *vaultFiles(): Generator<{ path: string; bytes: Buffer }> {
    const state = this.disk.peek();
    for (const [folder, names] of state.folders) {
      if (folder !== VAULT && !folder.startsWith(`${VAULT}/`)) continue;
      if (folder.startsWith(`${VAULT}/Logs`)) continue;
      for (const [name, ino] of names) {
        const node = state.nodes.get(ino);
        if (node && !node.isFolder && !name.startsWith("."))
          yield { path: `${folder}/${name}`.slice(VAULT.length + 1), bytes: node.bytes };
      }
    }
  }

  async makeFolders(folders: readonly string[]): Promise<void> {
    for (const folder of [
      VAULT,
      `${GIT_DIR}/objects`,
      `${GIT_DIR}/refs/nightdesk`,
      `${STATE}/sync`,
      ...folders,
    ]) {
      await this.disk.mkdir(folder, { recursive: true });
    }
    for (const folder of this.disk.peek().folders.keys()) {
      const handle = await this.disk.open(folder, 0);
      await handle.sync();
    }
  }

  /** What the real sync code sees of this machine. */
  async openPorts(): Promise<SyncPorts> {
    const { agent, remote, clock, remoteHooks, seed } = this.#options;
    const { disk } = this;
    const ledger = openAppendLog(`${STATE}/presented.jsonl`, disk);
    return {
      replica: this.role,
      agent,
      kinds: KINDS,
      store: createSimStore(disk),
      remote: remote.connect(disk, agent, remoteHooks),
      disk: createNodeDisk(VAULT, { disk, now: () => clock.now() }),
      state: await openSyncState(STATE, GIT_DIR, disk),
      presented: { append: (record) => ledger.append({ ...record }) },
      signer: createSimSigner(this.role === "local" ? "laptop" : agent),
      secrets: { scan: async (_path, text) => (text.includes(SECRET) ? ["test-rule"] : []) },
      clock,
      random: createSeededRandom(seed),
      failpoint: noFailpoint,
    };
  }
}

/** A key that signs at once and the same each time; who does not name it cannot make its signature. */
export function createSimSigner(key: string): CommitSigner {
  const sign = (payload: Uint8Array) =>
    `-----${key} ${hashObject("blob", Buffer.concat([Buffer.from(`${key} `), payload]))}-----\n`;
  return {
    publicKey: key,
    sign,
    isOwn: (commit: Commit) => commit.signature !== null && commit.signature === sign(commit.signedPayload),
  };
}
