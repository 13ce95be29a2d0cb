import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NightdeskError, SYNC_STATUS_FILE, syncStatusSchema, type SyncStatus } from "@nightdesk/claim-lib";
import { writeDurably } from "@nightdesk/daemon-kit/durable-write";
import { keepCompileCache } from "@nightdesk/daemon-kit/flush-compile-cache";
import { createLogger, type Logger } from "@nightdesk/daemon-kit/logger";
import { createFigures, onStop, signalReady, type Figures } from "@nightdesk/daemon-kit/pm2-link";
import { holdLock, type HeldLock } from "@nightdesk/daemon-kit/process-lock";
import { runMain } from "@nightdesk/daemon-kit/run-main";
import { startAnnouncer, type Announcer } from "./announce/announcer.ts";
import { readConfig, type VaultSyncConfig } from "./config.ts";
import { fail } from "./errors.ts";
import { isQuietPath } from "./gather-changes.ts";
import { createGitMaintainer } from "./git/maintain-git-dir.ts";
import { createNodeDisk } from "./node-disk.ts";
import { openPorts, type OpenedPorts } from "./open-ports.ts";
import type { Failpoint } from "./ports.ts";
import { openReplica, saveTable } from "./replica.ts";
import { createStatusReporter } from "./report-status.ts";
import { runCycle, type CycleReport } from "./run-cycle.ts";
import { startSyncLoop, type SyncLoop } from "./sync-loop.ts";
import { watchVault } from "./watch-vault.ts";

/** Changes of one round after which memory is given back. */
const MUCH_AT_ONCE = 1_000;
/** `--once` waits so long for files that are being written. */
const ONCE_MS = 20_000;
/** What only the owner can put right: starting again would only repeat it. */
const FINAL_CODES = ["USAGE"];

/** For tests: NIGHTDESK_FAILPOINT=after:push ends this process there as a power cut would. */
const failpoint: Failpoint = {
  async hit(name) {
    if (process.env["NIGHTDESK_FAILPOINT"] !== name) return;
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => undefined);
  },
};

async function open(config: VaultSyncConfig) {
  mkdirSync(config.STATE_PATH, { recursive: true, mode: 0o700 });
  const locks = [holdLock(join(config.STATE_PATH, "vault-sync.lock"), "vault-sync")];
  try {
    await createNodeDisk(config.VAULT_PATH).checkRoot();
    locks.push(holdVaultLock(config.VAULT_PATH));
    await takeBackStatus(config);
    const ports = await openPorts(config, process.env, failpoint);
    const replica = await openReplica(ports);
    const status = await createStatusReporter(replica);
    const close = async () => {
      await ports.close();
      for (const lock of locks) lock.release();
    };
    return { ports, replica, status, close };
  } catch (error) {
    if (NightdeskError.is(error)) await tellNotStarted(config, error).catch(() => undefined);
    throw error;
  }
}

/**
 * One on a vault whatever its state folder. The lock lies in the vault, where it means the same to
 * everybody; a name with a dot in front is neither shown nor synced.
 */
function holdVaultLock(vaultPath: string): HeldLock {
  try {
    return holdLock(join(vaultPath, ".nightdesk.lock"), "vault-sync");
  } catch (error) {
    if (!NightdeskError.is(error, "LOCK_HELD")) throw error;
    throw fail(
      "VAULT_TAKEN",
      `Another vault-sync already works on ${vaultPath} with a state folder of its own, so this one did not start; that one was not disturbed. ` +
        "Two of them would take each other's work for the owner's. Stop one (pm2 ls shows them), or give this one a VAULT_PATH of its own.",
      { cause: error },
    );
  }
}

/** The dashboard shows why there is no sync, and nothing is carried out meanwhile. */
async function tellNotStarted(config: VaultSyncConfig, error: NightdeskError): Promise<void> {
  await writeStatus(config, { state: "stopped", code: error.code, message: error.message });
}

/**
 * What stands there is the last run's word, or a backup's: local-agent waits for a round of this one. A halt
 * stays one until then.
 */
async function takeBackStatus(config: VaultSyncConfig): Promise<void> {
  const path = join(config.STATE_PATH, SYNC_STATUS_FILE);
  const last = syncStatusSchema.safeParse(parseJson(await readFile(path, "utf8").catch(() => "")));
  if (last.data?.state === "stopped") await writeStatus(config, last.data);
  else await writeStatus(config, { state: "offline", message: "Sync has just started." });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Before there is a first round to report. */
async function writeStatus(
  config: VaultSyncConfig,
  { state, message, code }: Pick<SyncStatus, "state" | "message" | "code">,
): Promise<void> {
  const status: SyncStatus = {
    replica: config.AGENT_TYPE,
    state,
    message,
    code: code ?? null,
    lastSyncAt: null,
    tip: null,
    peerLastCommitAt: null,
    pendingChanges: 0,
    refused: [],
  };
  await writeDurably(join(config.STATE_PATH, SYNC_STATUS_FILE), JSON.stringify(status));
}

/** V8 would keep for minutes what a start needed: 127 MB at 100,000 notes, 86 MB after this [m]. Needs --expose-gc. */
function releaseMemory(): void {
  void globalThis.gc?.({ type: "major", flavor: "last-resort", execution: "sync" });
}

async function start(config: VaultSyncConfig, log: Logger): Promise<void> {
  const { ports, replica, status, close } = await open(config);
  const figures = createFigures();
  let loop: SyncLoop | undefined;
  let isStarted = false;
  // Before the first look, so that nothing falls between the two.
  const watch = await watchVault({
    vaultPath: config.VAULT_PATH,
    isQuiet: (path) => isQuietPath(path, replica.ports.agent),
    onChange: (folder) => loop?.changed(folder),
    onError(error) {
      log.warn({ event: "watch.failed", error });
      loop?.lost();
    },
  });
  const gitMaintainer = createGitMaintainer({
    gitDir: join(config.STATE_PATH, "git"),
    env: process.env,
    onError: (error) => log.warn({ event: "git.pack-failed", error }),
  });
  loop = startSyncLoop({
    replica,
    status,
    intervalMs: config.VAULT_SYNC_INTERVAL * 1000,
    onRound: (report, tookMs) => {
      logRound(log, report, tookMs);
      showFigures(figures, report, tookMs, status.current().lastSyncAt);
      gitMaintainer.maybeStart(ports.clock.now());
      if (!isStarted || report.applied + report.published > MUCH_AT_ONCE) releaseMemory();
      isStarted = true;
    },
    onError(error) {
      log.warn({ event: "sync.failed", error });
      figures.set("state", error.code);
    },
  });
  const announcer = listen(ports, loop, log);
  onStop(
    async () => {
      announcer?.close();
      await watch.close();
      await loop.stop();
      await gitMaintainer.stop();
      figures.close();
      await close();
    },
    { onError: (error) => log.error({ event: "stop.failed", error }) },
  );
}

function listen(ports: OpenedPorts, loop: SyncLoop, log: Logger): Announcer | null {
  const { openChannel, clock, random } = ports;
  if (openChannel === null) return null;
  return startAnnouncer({
    open: openChannel,
    clock,
    random,
    onUp() {
      log.info({ event: "announce.up" });
      loop.setAnnounced(true);
    },
    onDown() {
      log.info({ event: "announce.down" });
      loop.setAnnounced(false);
    },
    onHint: (tip) => loop.announced(tip),
    onGivenUp: () => log.info({ event: "announce.not-offered" }),
  });
}

function showFigures(figures: Figures, report: CycleReport, tookMs: number, lastSyncAt: string | null): void {
  figures.set("queueLength", report.pending);
  figures.set("lastSync", lastSyncAt ?? "none yet");
  figures.set("state", "ok");
  if (report.applied + report.published > 0) figures.set("syncLatencyMs", Math.round(tookMs));
}

function logRound(log: Logger, report: CycleReport, tookMs: number): void {
  const { tip, applied, published, pending } = report;
  if (applied + published > 0)
    log.info({ event: "sync.round", tip, applied, published, pending, tookMs: Math.round(tookMs) });
  for (const { path, rules } of report.withheld) log.warn({ event: "sync.secret-withheld", path, rules });
  for (const { path, reason, commit } of report.refused ?? [])
    log.warn({ event: "sync.refused", path, reason, commit });
  for (const { unit, reason } of report.held) log.info({ event: "sync.held", paths: unit.paths, reason });
}

/** One sync to the end, for seeding and for hand use. */
async function syncOnce(config: VaultSyncConfig, log: Logger): Promise<void> {
  const { ports, replica, status, close } = await open(config);
  try {
    const untilMs = ports.clock.now() + ONCE_MS;
    for (;;) {
      const startedAtMs = ports.clock.now();
      const report = await runCycle(replica, "all");
      await status.done(report);
      logRound(log, report, ports.clock.now() - startedAtMs);
      const isDone = report.busy + report.held.length === 0 && report.retryInMs !== 0;
      if (isDone || ports.clock.now() > untilMs) break;
      await ports.clock.sleep(Math.min(report.retryInMs ?? 0, 500));
    }
    await saveTable(replica);
  } catch (error) {
    if (NightdeskError.is(error)) await status.failed(error);
    throw error;
  } finally {
    await close();
  }
}

const flushCache = keepCompileCache();
await runMain(async () => {
  const unknown = process.argv.slice(2).filter((arg) => arg !== "--once");
  if (unknown.length > 0) {
    throw fail(
      "USAGE",
      `Unknown argument ${unknown.join(" ")}; nothing was started. The only one is --once.`,
    );
  }
  const config = readConfig(process.env);
  const log = createLogger({ name: "vault-sync", level: config.LOG_LEVEL });
  if (process.argv.includes("--once")) await syncOnce(config, log);
  else {
    await start(config, log);
    log.info({ event: "vault-sync.ready" });
    signalReady();
  }
  flushCache();
}, FINAL_CODES);
