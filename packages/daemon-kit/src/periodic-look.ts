export interface PeriodicLook {
  /** Look soon; asked during a look, another one follows. */
  soon(): void;
  /** Resolves when the look under way, if any, is over. No other follows. */
  stop(): Promise<void>;
}

/**
 * Calls `look` now, then whenever `soon` is called, and at the latest `intervalMs` after the last
 * one: the net under every watcher. Two looks never overlap, and one that throws does not end it.
 */
export function startPeriodicLook(options: {
  intervalMs: number;
  look: () => Promise<void>;
  onError: (error: unknown) => void;
}): PeriodicLook {
  let stopped = false;
  let wanted = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const run = async () => {
    wanted = false;
    await options.look().catch(options.onError);
    running = undefined;
    if (stopped) return;
    if (wanted) start();
    else timer = setTimeout(start, options.intervalMs);
  };
  const start = () => {
    clearTimeout(timer);
    if (stopped) return;
    if (running) wanted = true;
    else running = run();
  };
  start();
  return {
    soon: start,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
