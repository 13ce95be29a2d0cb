import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { FOLDERS, kindsOf, PUBLISHED_FILE } from "@nightdesk/claim-lib";
import { connectMcp, type McpLink } from "@nightdesk/daemon-kit/connect-mcp";
import { keepCompileCache } from "@nightdesk/daemon-kit/flush-compile-cache";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";
import { createLogger, type Logger } from "@nightdesk/daemon-kit/logger";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { startPeriodicLook } from "@nightdesk/daemon-kit/periodic-look";
import { createFigures, onStop, signalReady } from "@nightdesk/daemon-kit/pm2-link";
import { holdLock } from "@nightdesk/daemon-kit/process-lock";
import { runMain } from "@nightdesk/daemon-kit/run-main";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import { watchFolders } from "@nightdesk/daemon-kit/watch-folders";
import {
  chooseThinker,
  createRulesThinker,
  createSkillLoader,
  PROJECT_SKILLS,
  readSkillFile,
} from "@nightdesk/think";
import { openAgentState, readPublished } from "./agent-state.ts";
import { readConfig, type CloudConfig } from "./config.ts";
import { startMailBell } from "./await-mail.ts";
import { createCloudAgent } from "./create-cloud-agent.ts";
import { fail } from "./errors.ts";
import { createMailPort } from "./mail-port.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";
import { withOneWriter } from "./sequential.ts";

/** The net under the watchers: network disks and overflows lose events. */
const LOOK_EVERY_MS = 30_000;
const STATUS_EVERY_MS = 10_000;

async function start(config: CloudConfig, log: Logger): Promise<void> {
  mkdirSync(config.STATE_PATH, { recursive: true, mode: 0o700 });
  const lock = holdLock(join(config.STATE_PATH, "cloud-agent.lock"), "cloud-agent");
  const settings = await readSettings(config);
  const link = connectMcp({ socketPath: config.EMAIL_MCP_SOCKET, name: "cloud-agent" });
  const { ports, provider } = createPorts(config, log, link);
  const onError = (event: string) => (error: unknown) => log.error({ event, error });
  const figures = createFigures();
  const agent = createCloudAgent(ports, settings, { provider, wake: () => tasks.soon() });
  const tasks = startPeriodicLook({
    intervalMs: LOOK_EVERY_MS,
    look: agent.workTasks,
    onError: onError("tasks.failed"),
  });
  const status = startPeriodicLook({
    intervalMs: STATUS_EVERY_MS,
    look: async () => {
      const { state, waiting, inProgress, forApproval } = await agent.reportStatus();
      figures.set("state", state);
      figures.set("queueLength", waiting + inProgress);
      figures.set("pendingApprovals", forApproval);
      figures.set("lastActivity", agent.health.lastMailCheck ?? "none yet");
    },
    onError: onError("status.failed"),
  });
  const mail = startPeriodicLook({
    intervalMs: settings.pollMs,
    look: async () => {
      await agent.readMail();
      status.soon();
    },
    onError: onError("mail.failed"),
  });
  const bell = startMailBell(link, ports, { retryMs: settings.pollMs, ring: mail.soon });
  const watches = await watchEverything(config, settings, {
    tasks: tasks.soon,
    onPublished: mail.soon,
    onError: onError("watch.failed"),
  });
  onStop(
    async () => {
      agent.stop();
      bell.stop();
      for (const watch of watches) await watch.close();
      await Promise.all([mail.stop(), tasks.stop(), status.stop(), agent.settled()]);
      figures.close();
      await link.close();
      lock.release();
    },
    { onError: onError("stop.failed") },
  );
}

function createPorts(
  config: CloudConfig,
  log: Logger,
  link: McpLink,
): { ports: CloudPorts; provider: string } {
  const loadSkill = createSkillLoader(readSkillFile(PROJECT_SKILLS));
  const chosen = chooseThinker(config, { clock: systemClock, random: systemRandom, fetch, loadSkill });
  const ports: CloudPorts = {
    files: withOneWriter(createNodeVaultFiles(config.VAULT_PATH)),
    mail: createMailPort(link),
    thinker: chosen.thinker,
    rules: createRulesThinker(),
    clock: systemClock,
    random: systemRandom,
    state: openAgentState(config.STATE_PATH, log),
    readPublished: () => readPublished(config.STATE_PATH),
    log,
  };
  return { ports, provider: chosen.name };
}

async function readSettings(config: CloudConfig): Promise<CloudSettings> {
  const channels = await loadChannels(config.CHANNELS);
  const email = channels.find(({ name }) => name === "email");
  if (!email)
    throw fail(
      "CONFIG_INVALID",
      "CHANNELS names no mail channel; nothing was started. Example: CHANNELS=email",
    );
  return {
    kinds: kindsOf(channels),
    needsAction: email.needsAction,
    channel: email.name,
    idPrefix: email.idPrefix,
    ownerName: config.OWNER_NAME,
    pollMs: config.MAIL_POLL_SECONDS * 1000,
    backlogDays: config.MAIL_BACKLOG_DAYS,
  };
}

async function watchEverything(
  config: CloudConfig,
  settings: CloudSettings,
  {
    tasks,
    onPublished,
    onError,
  }: { tasks: () => void; onPublished: () => void; onError: (error: unknown) => void },
) {
  let isFirst = true;
  const folders = [
    `${FOLDERS.needsAction}/${settings.needsAction}`,
    `${FOLDERS.inProgress}/cloud`,
    FOLDERS.rejected,
  ];
  const vault = await watchFolders({
    folders: folders.map((folder) => join(config.VAULT_PATH, folder)),
    onChange: tasks,
    onError,
  });
  const state = await watchFolders({
    folders: [config.STATE_PATH],
    onChange: (path) => {
      if (basename(path) !== PUBLISHED_FILE) return;
      tasks();
      // The mailbox waits for vault-sync's first round only.
      if (isFirst) onPublished();
      isFirst = false;
    },
    onError,
  });
  return [vault, state];
}

const flushCache = keepCompileCache();
await runMain(async () => {
  const config = readConfig(process.env);
  const log = createLogger({ name: "cloud-agent", level: config.LOG_LEVEL });
  await start(config, log);
  log.info({ event: "cloud-agent.ready" });
  signalReady();
  flushCache();
});
