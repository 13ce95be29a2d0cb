import { keepCompileCache } from "@nightdesk/daemon-kit/flush-compile-cache";
import { createLogger } from "@nightdesk/daemon-kit/logger";
import { createFigures, onStop, signalReady } from "@nightdesk/daemon-kit/pm2-link";
import { runMain } from "@nightdesk/daemon-kit/run-main";
import { serveMcp } from "@nightdesk/daemon-kit/serve-mcp";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import { parseArguments, readConfig } from "./config.ts";
import { startEmailMcp } from "./start-email-mcp.ts";

const flushCache = keepCompileCache();

/** Wrong logins: only the owner can mend them, so they are not tried again and again. */
const FINAL_CODES = [
  "GMAIL_SCOPE_TOO_WIDE",
  "GMAIL_SCOPE_MISSING",
  "GMAIL_ACCOUNT_MISMATCH",
  "GMAIL_LOGIN_FAILED",
];

await runMain(async () => {
  const config = readConfig(process.env, parseArguments(process.argv.slice(2)));
  // Over stdio stdout is the protocol's own; a log line there would break it.
  const stream = config.transport === "stdio" ? process.stderr : process.stdout;
  const logger = createLogger({ name: "email-mcp", level: config.logLevel, stream });
  const email = await startEmailMcp(config, { clock: systemClock, random: systemRandom, logger });
  const figures = createFigures();
  figures.set("state", config.mode === "live" ? "ready, may send with a receipt" : "ready, reads only");
  const service = await serveMcp({
    createServer() {
      figures.set("lastActivity", new Date(systemClock.now()).toISOString());
      return email.createServer();
    },
    transport: config.transport,
    socketPath: config.socketPath,
    logger,
  });
  onStop(
    async () => {
      figures.close();
      await service.close();
      email.close();
    },
    { onError: (error) => logger.error({ event: "stop.failed", error }) },
  );
  if (config.transport === "stdio")
    process.stdin.once("end", () => void process.kill(process.pid, "SIGTERM"));
  logger.info({
    event: "email-mcp.ready",
    mode: config.mode,
    transport: config.transport,
    account: email.account,
  });
  signalReady();
  flushCache();
}, FINAL_CODES);
