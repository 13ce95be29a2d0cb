import { readdir } from "node:fs/promises";
import { waitFor } from "@nightdesk/testkit";

/** Where every task note of a vault lies, looked up from outside by names alone, for many waits at once. */
export interface NoteWatch {
  /** The places of this task's notes as of the last look. */
  places(id: string): readonly string[];
  /** Waits until the places of this task are as wanted; resolves with them. */
  until(
    id: string,
    what: string,
    isWanted: (places: readonly string[]) => boolean,
    timeoutMs?: number,
  ): Promise<readonly string[]>;
  /** Waits for a look that began after this call. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** A look costs a few milliseconds for a thousand notes. */
const LOOK_EVERY_MS = 60;
const UNTIL_MS = 60_000;
/** A task's note, whatever lies around it; reasons (`WHY ...`) and backups of an editor are none. */
const NOTE = /(?:^|\/)(?!WHY )[^/]*~([a-z]+_[0-9a-v]{16})-r\d+\.md$/;

export function watchNotes(vault: string): NoteWatch {
  let byId = new Map<string, string[]>();
  let started = 0;
  let ended = 0;
  const closing = new AbortController();

  const lookOnce = async () => {
    started += 1;
    const mine = started;
    const fresh = new Map<string, string[]>();
    for (const path of await readdir(vault, { recursive: true })) {
      const id = NOTE.exec(path)?.[1];
      if (id !== undefined) fresh.set(id, [...(fresh.get(id) ?? []), path]);
    }
    byId = fresh;
    ended = mine;
  };
  const run = async () => {
    while (!closing.signal.aborted) {
      // A folder that went while it was listed; the next look sees what there is.
      await lookOnce().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };
  const running = run();
  const places = (id: string) => byId.get(id) ?? [];
  const wait = (isReached: () => boolean, what: string, timeoutMs: number, describe: () => unknown) =>
    waitFor(isReached, { what, timeoutMs, intervalMs: LOOK_EVERY_MS, describe });
  return {
    places,
    async until(id, what, isWanted, timeoutMs = UNTIL_MS) {
      await wait(
        () => isWanted(places(id)),
        what,
        timeoutMs,
        () => places(id),
      );
      return places(id);
    },
    async look() {
      const before = started;
      await wait(
        () => ended > before,
        "a look at the vault",
        UNTIL_MS,
        () => ended,
      );
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
