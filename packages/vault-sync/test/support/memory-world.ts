import { generateKeyPairSync } from "node:crypto";
import type { Clock, PresentedRecord, Role } from "@nightdesk/claim-lib";
import { createSeededRandom } from "@nightdesk/testkit";
import { createCommitSigner, type CommitSigner } from "../../src/git/commit-signer.ts";
import type { Oid } from "../../src/git/oid.ts";
import type { Remote } from "../../src/git/remote.ts";
import { noFailpoint, type SyncState } from "../../src/ports.ts";
import { openReplica, type SyncPorts } from "../../src/replica.ts";
import { runCycle, type CycleReport } from "../../src/run-cycle.ts";
import { createMemoryDisk, type MemoryDisk } from "./memory-disk.ts";
import { createMemoryStore, type MemoryStore } from "./memory-store.ts";
import { KINDS } from "./notes.ts";

const signers: Record<Role, CommitSigner> = { cloud: newSigner(), local: newSigner() };

function newSigner(): CommitSigner {
  return createCommitSigner(
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
}

/** What survives a power cut of one machine. */
interface Durable {
  disk: MemoryDisk;
  files: Map<string, string>;
  ownCommits: Oid[];
  presented: PresentedRecord[];
}

export interface MemoryWorld {
  store: MemoryStore;
  clock: Clock;
  machines: Record<Role, Durable>;
  /** Every tip there ever was, oldest first. */
  tips: Oid[];
  ports(role: Role): SyncPorts;
  /** One start of a machine's sync and one round; null when the power went. */
  sync(role: Role, trouble?: Trouble): Promise<CycleReport | null>;
}

/** What happens at the n-th call with an effect, before or after it takes effect. */
interface Trouble {
  call: number;
  after: boolean;
  /** Somebody works on the vault at that moment; without it the power goes. */
  work?: () => Promise<void>;
}

class PowerCut extends Error {}

/** Both machines, the remote and time, all in memory: the same core as on real ones. */
export function createMemoryWorld(clock: Clock = createJumpingClock()): MemoryWorld {
  const store = createMemoryStore();
  const tips: Oid[] = [];
  const remote: Remote = {
    cheapTip: () => Promise.resolve(tips.at(-1) ?? null),
    fetch: () => Promise.resolve({ tip: tips.at(-1) ?? null }),
    async push(commit) {
      const { parents } = await store.readCommit(commit);
      if ((parents[0] ?? null) !== (tips.at(-1) ?? null)) return "refused";
      tips.push(commit);
      return "accepted";
    },
  };
  const machine = (): Durable => ({
    disk: createMemoryDisk(clock),
    files: new Map(),
    ownCommits: [],
    presented: [],
  });
  const machines = { cloud: machine(), local: machine() };
  return {
    store,
    clock,
    machines,
    tips,
    ports: (role) => portsOf(role, { store, clock, remote, durable: machines[role] }),
    async sync(role, trouble) {
      await clock.sleep(2_000);
      const ports = portsOf(role, { store, clock, remote, durable: machines[role] });
      try {
        const replica = await openReplica(trouble ? withTrouble(ports, trouble) : ports);
        return await runCycle(replica, "all");
      } catch (error) {
        if (error instanceof PowerCut) return null;
        throw error;
      }
    },
  };
}

/** Time passes only when somebody waits, and then at once. */
function createJumpingClock(): Clock {
  let nowMs = Date.UTC(2026, 10, 21, 8);
  return {
    now: () => nowMs,
    sleep(durationMs) {
      nowMs += durationMs;
      return Promise.resolve();
    },
  };
}

function portsOf(
  role: Role,
  { store, clock, remote, durable }: Pick<SyncPorts, "store" | "clock" | "remote"> & { durable: Durable },
): SyncPorts {
  const done = () => Promise.resolve();
  const state: SyncState = {
    read: (name) => Promise.resolve(JSON.parse(durable.files.get(name) ?? "null") as unknown),
    write: (name, value) => Promise.resolve(void durable.files.set(name, JSON.stringify(value))),
    remove: (name) => Promise.resolve(void durable.files.delete(name)),
    ownCommits: () => Promise.resolve([...durable.ownCommits]),
    addOwnCommit: (commit) => Promise.resolve(void durable.ownCommits.push(commit)),
    writePublished: done,
    writeStatus: done,
    keepCommit: done,
  };
  return {
    replica: role,
    agent: role,
    kinds: KINDS,
    store,
    remote,
    disk: durable.disk,
    state,
    presented: { append: (record) => Promise.resolve(void durable.presented.push(record)) },
    signer: signers[role],
    secrets: { scan: () => Promise.resolve([]) },
    clock,
    random: createSeededRandom(1),
    failpoint: noFailpoint,
  };
}

/** A call that only looks can be cut before or after without a difference. */
const LEAVES_A_TRACE = /^(write|move|remove|append|push|add|keep)/;

/** Counts the calls that leave the core with an effect, and makes trouble at the chosen one. */
function withTrouble(ports: SyncPorts, trouble: Trouble): SyncPorts {
  let left = trouble.call;
  const strike = async () => {
    if (!trouble.work) throw new PowerCut("the power is gone");
    await trouble.work();
  };
  const call = async (run: () => unknown) => {
    left -= 1;
    if (left < 0 && !trouble.work) throw new PowerCut("the machine is off");
    if (left !== 0) return run();
    if (!trouble.after) await strike();
    const result = await run();
    if (trouble.after) await strike();
    return result;
  };
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== "function" || !LEAVES_A_TRACE.test(String(name))) return value;
        return (...args: unknown[]): unknown => call(() => Reflect.apply(value, target, args) as unknown);
      },
    });
  return {
    ...ports,
    store: wrap(ports.store),
    remote: wrap(ports.remote),
    disk: wrap(ports.disk),
    state: wrap(ports.state),
    presented: wrap(ports.presented),
  };
}
