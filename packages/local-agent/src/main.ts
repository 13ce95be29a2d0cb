import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import type { SyncStatus } from "@nightdesk/claim-lib";
import { keepCompileCache } from "@nightdesk/daemon-kit/flush-compile-cache";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";
import { createLogger, type Logger } from "@nightdesk/daemon-kit/logger";
import { createFigures, onStop, signalReady, type Figures } from "@nightdesk/daemon-kit/pm2-link";
import { holdLock } from "@nightdesk/daemon-kit/process-lock";
import { runMain } from "@nightdesk/daemon-kit/run-main";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { createAgent } from "./agent.ts";
import { readConfig, type LocalConfig } from "./config.ts";
import type { DashboardModel } from "./dashboard.ts";
import { createDesktopNotice } from "./desktop-notice.ts";
import { createNotifier } from "./notify.ts";
import { openPorts } from "./open-ports.ts";
import { runParts, type RunningParts } from "./run-parts.ts";
import { watchVault } from "./watch-vault.ts";

async function start(config: LocalConfig, log: Logger): Promise<void> {
  await mkdir(config.statePath, { recursive: true, mode: 0o700 });
  const lock = holdLock(join(config.statePath, "local-agent.lock"), "local-agent");
  const channels = await loadChannels(config.channels);
  const { ports, close } = await openPorts(config, channels, log);
  const figures = createFigures();
  const show = createDesktopNotice({ platform: process.platform, env: process.env });
  let parts: RunningParts | null = null;
  const agent = await createAgent(ports, config, {
    notifier: createNotifier(
      { clock: systemClock, log, show },
      { quietHours: config.quietHours, timeZone: config.timeZone },
    ),
    ring: (part) => parts?.ring(part),
    onDashboard: (model, sync) => setFigures(figures, model, sync),
  });
  parts = runParts(agent.looks, { clock: systemClock, log });
  const running = parts;
  const watches = await watchVault({
    ...config,
    channels,
    ring: running.ring,
    onError: (error) => log.error({ event: "watch.failed", error }),
  });
  onStop(
    async () => {
      for (const watch of watches) await watch.close();
      await running.stop();
      await agent.idle();
      figures.close();
      await close();
      lock.release();
    },
    { onError: (error) => log.error({ event: "stop.failed", error }) },
  );
}

function setFigures(figures: Figures, model: DashboardModel, sync: SyncStatus | null): void {
  const lastSync = sync?.lastSyncAt ?? null;
  const count = (folder: string) => model.counts.find((row) => row.folder === folder)?.count ?? 0;
  figures.set("state", model.halt !== null ? "halted" : (model.agents[0]?.state ?? "ok"));
  figures.set("pendingApprovals", model.waiting.length);
  figures.set("queueLength", count("Approved/") + count("In_Progress/local/"));
  figures.set("lastSync", lastSync ?? "not yet");
  figures.set("lastActivity", model.activity[0]?.at ?? "none yet");
}

await runMain(async () => {
  const flushCache = keepCompileCache();
  const config = readConfig(process.env);
  const log = createLogger({ name: "local-agent", level: config.logLevel });
  await start(config, log);
  log.info({ event: "local-agent.ready", mode: config.mode });
  signalReady();
  flushCache();
});
