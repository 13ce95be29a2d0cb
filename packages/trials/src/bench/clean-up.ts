import { describeError } from "@nightdesk/claim-lib";
import { isDescendant, readProcesses } from "@nightdesk/testkit";
import { fail } from "../errors.ts";

export interface CleanUp {
  /** Undone last first. Throws TRIAL_BROKEN, after undoing it, when everything is being undone already. */
  add(undo: () => Promise<unknown>): void;
  run(): Promise<void>;
}

/** What has to be undone at the end, also after Ctrl-C and SIGTERM; each thing once. */
export function createCleanUp(): CleanUp {
  const undos: (() => Promise<unknown>)[] = [];
  let isStopped = false;
  const runQuietly = (undo: () => Promise<unknown>) =>
    undo().catch((error: unknown) => {
      process.stderr.write(`Not cleaned up: ${describeError(error)}\n`);
    });
  const runAll = async () => {
    for (let undo = undos.pop(); undo; undo = undos.pop()) await runQuietly(undo);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopped) return;
    isStopped = true;
    process.stderr.write("Stopped; cleaning up ...\n");
    void runAll().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
  };
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) process.on(signal, onSignal);
  return {
    add(undo) {
      if (!isStopped) return void undos.push(undo);
      void runQuietly(undo);
      throw fail("TRIAL_BROKEN", "It was stopped from outside.");
    },
    async run() {
      // The work that was cut off ends with errors of its own; the signal's handler has the last word.
      if (isStopped) return new Promise(() => undefined);
      await runAll();
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** Ends what this process started and nobody has noted down yet, because it was just being started. */
export async function killOwnChildren(): Promise<void> {
  const rows = await readProcesses();
  for (const pid of rows.keys()) {
    if (!isDescendant(rows, pid, process.pid)) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
}
