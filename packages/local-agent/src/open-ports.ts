import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { kindsOf, signReceipt, type Channel } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { connectMcp, type McpLink } from "@nightdesk/daemon-kit/connect-mcp";
import { errnoOf } from "@nightdesk/daemon-kit/durable-write";
import { createFailpoints } from "@nightdesk/daemon-kit/failpoints";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import { isLockHeld } from "@nightdesk/daemon-kit/process-lock";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import type { LocalConfig } from "./config.ts";
import { fail } from "./errors.ts";
import { openJournal } from "./journal.ts";
import { openLedger } from "./ledger.ts";
import { makeDurable } from "./make-durable.ts";
import type { ChannelLink, Ports } from "./ports.ts";
import { loadReceiptKey } from "./receipt-key.ts";
import { createSyncGate } from "./sync-gate.ts";

export interface OpenedPorts {
  ports: Ports;
  close(): Promise<void>;
}

/**
 * How long a call waits for a server that is starting (PM2: about a second). A sending that waits longer would come
 * after the 5 s within which STOP.md must work; it is begun again later.
 */
const CONNECT_WAIT_MS = 3_000;

/** The real outside: disk, clock, journal, keys and the channels' servers. */
export async function openPorts(
  config: LocalConfig,
  channels: readonly Channel[],
  log: Logger,
): Promise<OpenedPorts> {
  const { statePath } = config;
  const draftsPath = join(statePath, "drafts");
  await mkdir(draftsPath, { recursive: true, mode: 0o700 });
  await makeDurable(config.vaultPath, statePath);
  const key = await loadReceiptKey(statePath);
  const presentedPath = join(statePath, "presented.jsonl");
  const links = new Map<string, McpLink>(
    channels.map(({ name }) => [
      name,
      connectMcp({ socketPath: config.socketOf(name), name: "local-agent", connectWaitMs: CONNECT_WAIT_MS }),
    ]),
  );
  const readState = (file: string) => readStateFile(statePath, file);
  const ports: Ports = {
    files: createNodeVaultFiles(config.vaultPath),
    drafts: createNodeVaultFiles(draftsPath),
    clock: systemClock,
    random: systemRandom,
    log,
    kinds: kindsOf(channels),
    channels,
    link: (channel) => toChannelLink(links.get(channel), channel),
    journal: await openJournal(openAppendLog(join(statePath, "journal.jsonl"))),
    ledger: await openLedger({
      presented: openAppendLog(presentedPath),
      decisions: openAppendLog(join(statePath, "decisions.jsonl")),
      presentedVersion: () => versionOf(presentedPath),
    }),
    sign: (receipt) => signReceipt(receipt, key),
    mode: config.mode,
    timeZone: config.timeZone,
    readState,
    compared: createSyncGate({
      clock: systemClock,
      readState,
      isSyncRunning: () => isLockHeld(join(statePath, "vault-sync.lock")),
    }),
    reach: createFailpoints(config.failpoints, statePath),
    underWay: new Set(),
  };
  return {
    ports,
    async close() {
      for (const link of links.values()) await link.close();
    },
  };
}

function toChannelLink(link: McpLink | undefined, channel: string): ChannelLink {
  if (!link)
    throw fail("CHANNEL_MISSING", `The channel "${channel}" is not in CHANNELS; what was begun there waits.`);
  return {
    read: (tool, args, answer) => link.call(tool, args, answer, { effect: false }),
    act: (tool, args, answer) => link.call(tool, args, answer, { effect: true }),
  };
}

async function versionOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs, ino } = await stat(path);
    return `${ino}:${size}:${mtimeMs}`;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "none";
    throw error;
  }
}

async function readStateFile(statePath: string, file: string): Promise<string | null> {
  try {
    return await readFile(join(statePath, file), "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}
