import { formatMs } from "./latencies.ts";

/** Where the story goes; `isTerminal` decides whether a line may be written over. */
export interface StoryOutput {
  write(text: string): void;
  isTerminal: boolean;
}

export interface Story {
  /** One plain sentence with the time since the start. */
  say(sentence: string): void;
  /** A line without a time, for lists and tables. */
  print(line: string): void;
  /** Shows that `what` goes on as long as `work` does, and then that it is done. */
  during<T>(what: string, work: () => Promise<T>, describe?: () => string): Promise<T>;
}

/** Below this nothing is shown: most steps end sooner. */
const QUIET_MS = 900;
/** On a terminal the line moves; in a file a line every few seconds is enough. */
const TERMINAL_STEP_MS = 250;
const FILE_STEP_MS = 5000;
const SPINNER = ["-", "\\", "|", "/"];

/** Tells the demo's story line by line. `nowMs` is a monotonic clock. */
export function createStory(output: StoryOutput, nowMs: () => number): Story {
  const startMs = nowMs();
  let open = false;
  const closeLine = () => {
    if (open) output.write("\r\u001b[K");
    open = false;
  };
  const stamp = () => `[${((nowMs() - startMs) / 1000).toFixed(1).padStart(6)} s] `;
  const say = (sentence: string) => {
    closeLine();
    output.write(`${stamp()}${sentence}\n`);
  };
  return {
    say,
    print(line) {
      closeLine();
      output.write(`${line}\n`);
    },
    async during(what, work, describe) {
      const beganMs = nowMs();
      let step = 0;
      const timer = setInterval(
        () => {
          const sinceMs = nowMs() - beganMs;
          if (sinceMs < QUIET_MS) return;
          const text = `${what} ... ${formatMs(sinceMs)}${describe ? ` (${describe()})` : ""}`;
          if (!output.isTerminal) return say(text);
          output.write(`\r\u001b[K         ${SPINNER[step % SPINNER.length]} ${text}`);
          open = true;
          step += 1;
        },
        output.isTerminal ? TERMINAL_STEP_MS : FILE_STEP_MS,
      );
      try {
        return await work();
      } finally {
        clearInterval(timer);
        closeLine();
      }
    },
  };
}
