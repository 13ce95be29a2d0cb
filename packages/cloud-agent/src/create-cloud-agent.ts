import { describeError, NightdeskError } from "@nightdesk/claim-lib";
import type { Thinker } from "@nightdesk/think";
import { createHealth, NOT_LOOKED_YET, type AgentHealth } from "./health.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";
import { createMailWatch, type MailWatch } from "./read-mail.ts";
import { createStatusReport, type StatusFigures } from "./report-status.ts";
import { createTaskIndex } from "./task-index.ts";
import { createTaskWorker } from "./work-tasks.ts";

export interface CloudAgent {
  /** Looks into the mailbox. Never throws: what went wrong is in the status, and it is tried again. */
  readMail(): Promise<void>;
  /** One round over the tasks. Must not overlap with itself. */
  workTasks(): Promise<void>;
  reportStatus(): Promise<StatusFigures>;
  /** Resolves when no task is being thought about. */
  settled(): Promise<void>;
  /** Breaks off what can wait; claims stay and are taken up at the next start. */
  stop(): void;
  health: AgentHealth;
}

const MAX_BACKOFF_MS = 60_000;

/** The model, with its last trouble kept for the status until it answers again. */
function watchThinker(thinker: Thinker, health: AgentHealth): Thinker {
  return {
    async think(request) {
      try {
        const thought = await thinker.think(request);
        health.thinkError = null;
        return thought;
      } catch (error) {
        if (!NightdeskError.is(error, "THINK_STOPPED")) health.thinkError = describeError(error);
        throw error;
      }
    },
  };
}

/** @param wake asks for a round over the tasks soon */
export function createCloudAgent(
  given: CloudPorts,
  settings: CloudSettings,
  options: { provider: string; wake: () => void },
): CloudAgent {
  const health = createHealth();
  const ports = { ...given, thinker: watchThinker(given.thinker, health) };
  const worker = createTaskWorker(ports, settings, health, options.wake);
  const report = createStatusReport(ports, settings, health, options.provider);
  let watch: MailWatch | null = null;
  let failures = 0;
  let notBeforeMs = 0;

  const look = async () => {
    if (!watch) {
      // On a rebuilt machine the vault is empty until vault-sync has fetched it; taking in mail before
      // that would make every task of the last days a second time.
      if ((await ports.readPublished()) === null) {
        health.mailError = NOT_LOOKED_YET;
        return;
      }
      watch = createMailWatch(ports, settings, await createTaskIndex(ports, settings));
    }
    const { taken } = await watch.poll();
    failures = 0;
    health.mailError = null;
    health.lastMailCheck = new Date(ports.clock.now()).toISOString();
    health.taken += taken;
    options.wake();
  };

  return {
    async readMail() {
      if (ports.clock.now() < notBeforeMs) return;
      try {
        await look();
      } catch (error) {
        failures += 1;
        notBeforeMs =
          ports.clock.now() + Math.min(MAX_BACKOFF_MS, settings.pollMs * 2 ** Math.min(failures, 10));
        health.mailError = describeError(error);
        ports.log.warn({ event: "mail.poll_failed", failures, error });
      }
    },
    workTasks: () => worker.cycle(),
    reportStatus: report,
    settled: () => worker.settled(),
    stop: () => worker.stop(),
    health,
  };
}
