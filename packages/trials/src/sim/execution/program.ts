import { NightdeskError } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import type { FileSystem } from "@nightdesk/daemon-kit/file-system";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import {
  createAgent,
  createSyncGate,
  makeDurable,
  openJournal,
  openLedger,
  type Agent,
  type PartName,
  type Ports,
} from "@nightdesk/local-agent";
import { createSeededRandom } from "@nightdesk/testkit";
import { KINDS } from "../../sample-notes.ts";
import { STATE, VAULT } from "../machine.ts";
import { signSimReceipt } from "./keys.ts";
import { createSimLink } from "./live-server.ts";
import { SILENT } from "./silent.ts";
import type { ExecWorld } from "./world.ts";

const CHANNELS = await loadChannels(["email"]);
const SETTINGS = {
  undoWindowMs: 5_000,
  bulk: { approvals: 10, waitMs: 60_000 },
  scheduleGraceMs: 60 * 60_000,
  caps: { perHour: 100, perDay: 500 },
};
/** What a failed part of the flow waits before it looks again; see run-parts.ts. */
const AFTER_ERROR_MS = 20_000;

/** One run of the real local-agent on a world's disk. */
export class Program {
  isAlive = true;
  readonly #world: ExecWorld;
  readonly #agent: Agent;
  readonly #rung = new Set<PartName>();

  private constructor(world: ExecWorld, agent: Agent, rung: Set<PartName>) {
    this.#world = world;
    this.#agent = agent;
    this.#rung = rung;
  }

  /** Starts as main.ts does. Throws what its start throws. */
  static async start(world: ExecWorld, disk: FileSystem = world.disk): Promise<Program> {
    world.starts += 1;
    await makeDurable(VAULT, STATE, disk);
    const rung = new Set<PartName>();
    let program: Program | null = null;
    const life = { isAlive: () => program?.isAlive ?? true };
    const ports = await openPorts(world, disk, life.isAlive);
    const agent = await createAgent(ports, SETTINGS, {
      notifier: { update: () => undefined, tell: () => undefined },
      ring: (part) => void rung.add(part),
      onDashboard: () => undefined,
    });
    program = new Program(world, agent, rung);
    return program;
  }

  /** Every part looks once. When to look again; 0 at once, null when only something new is a reason to. */
  async look(parts: readonly PartName[] = ["present", "reconcile", "approve"]): Promise<number | null> {
    this.#rung.clear();
    const waits: (number | null)[] = [];
    for (const part of parts) waits.push(await this.#lookOnce(part));
    await this.#agent.idle();
    if (parts.some((part) => this.#rung.has(part))) return 0;
    const known = waits.filter((wait) => wait !== null);
    return known.length === 0 ? null : Math.max(1, Math.min(...known));
  }

  /** Parts look at the same time, as they do in main.ts. */
  async lookTogether(parts: readonly PartName[]): Promise<void> {
    await Promise.all(parts.map((part) => this.#lookOnce(part)));
    await this.#agent.idle();
  }

  async #lookOnce(part: PartName): Promise<number | null> {
    try {
      return await this.#agent.looks[part]();
    } catch (error) {
      if (!NightdeskError.is(error))
        this.#world.report("no unforeseen error", error instanceof Error ? error.message : String(error));
      return AFTER_ERROR_MS;
    }
  }
}

async function openPorts(world: ExecWorld, disk: FileSystem, isAlive: () => boolean): Promise<Ports> {
  const link = createSimLink(world, isAlive);
  const read = async (path: string) =>
    (await disk.readFile(path).catch(() => null))?.toString("utf8") ?? null;
  const clock = { now: () => world.nowMs, sleep: async () => undefined };
  const readState = (file: string) => read(`${STATE}/${file}`);
  return {
    files: createNodeVaultFiles(VAULT, disk),
    drafts: createNodeVaultFiles(`${STATE}/drafts`, disk),
    clock,
    random: createSeededRandom(world.starts * 977),
    log: SILENT,
    kinds: KINDS,
    channels: CHANNELS,
    link: () => link,
    journal: await openJournal(openAppendLog(`${STATE}/journal.jsonl`, disk)),
    ledger: await openLedger({
      presented: openAppendLog(`${STATE}/presented.jsonl`, disk),
      decisions: openAppendLog(`${STATE}/decisions.jsonl`, disk),
      presentedVersion: async () => String((await read(`${STATE}/presented.jsonl`))?.length ?? 0),
    }),
    sign: signSimReceipt,
    mode: world.mode,
    timeZone: "UTC",
    readState,
    // What the status says is this run's own word here: no backup is put back behind it.
    compared: createSyncGate({ clock, readState, isSyncRunning: () => true }),
    reach: async () => undefined,
    underWay: new Set(),
  };
}
