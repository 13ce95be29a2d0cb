/**
 * The link to PM2, spoken directly over the channel PM2 opens to each process. `@pm2/io` wraps the
 * same three messages, but costs 21 MB per daemon and hooks into http [m], so it is switched off
 * (`pmx: false` in ecosystem.config.cjs). Without PM2 everything here does nothing.
 */

/** Tells PM2 (`wait_ready`) that this daemon is up. */
export function signalReady(): void {
  send("ready");
}

/** The figures `pm2 monit` shows, in its order, with the words it shows. */
const FIGURES = {
  queueLength: { label: "Queue", unit: "tasks" },
  pendingApprovals: { label: "Waiting for approval", unit: "notes" },
  lastSync: { label: "Last sync", unit: "" },
  syncLatencyMs: { label: "Sync latency", unit: "ms" },
  lastActivity: { label: "Last activity", unit: "" },
  state: { label: "State", unit: "" },
} as const;

export type FigureName = keyof typeof FIGURES;

export interface Figures {
  set(name: FigureName, value: number | string): void;
  /** Stops the pending report, for tests and shutdown. */
  close(): void;
}

/** PM2 redraws once a second; more messages than that only cost. */
const REPORT_DELAY_MS = 500;

/** Figures of this process; several changes in a row are told to PM2 in one message. */
export function createFigures(tell: (message: unknown) => void = send): Figures {
  const values = new Map<FigureName, number | string>();
  let pending: NodeJS.Timeout | undefined;
  const report = () => {
    pending = undefined;
    const data = Object.fromEntries(
      (Object.keys(FIGURES) as FigureName[]).flatMap((name) => {
        const value = values.get(name);
        const { label, unit } = FIGURES[name];
        return value === undefined ? [] : [[label, { value, unit, historic: true }]];
      }),
    );
    tell({ type: "axm:monitor", data });
  };
  return {
    set(name, value) {
      if (values.get(name) === value) return;
      values.set(name, value);
      pending ??= setTimeout(report, REPORT_DELAY_MS).unref();
    },
    close() {
      clearTimeout(pending);
      pending = undefined;
    },
  };
}

export interface StopOptions {
  /** PM2 kills after `kill_timeout` (15 s); a clean end must fit in before. */
  deadlineMs?: number;
  onError?: (error: unknown) => void;
}

/**
 * Runs `handler` once when this process is asked to end (SIGINT, SIGTERM, PM2's message on Windows, or
 * PM2 itself gone, whose successor would start a second copy), then ends the process.
 */
export function onStop(handler: () => Promise<void> | void, options: StopOptions = {}): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), options.deadlineMs ?? 12_000).unref();
    try {
      await handler();
      process.exit(0);
    } catch (error) {
      options.onError?.(error);
      process.exit(1);
    }
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  if (!process.channel) return;
  process.on("disconnect", stop);
  process.on("message", (message) => {
    if (message === "shutdown") void stop();
  });
}

function send(message: unknown): void {
  // The callback takes the error of a channel that closes at this very moment.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
