import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Writes the file's new bytes as one kind of editor does. Resolves when the last of them are there. */
export type SaveWay = (save: Save) => Promise<void>;

interface Save {
  path: string;
  bytes: Buffer;
  /** Between two steps of one save. */
  pauseMs: number;
  /** Told before each step that changes what is there, and after it. */
  step: (change: () => Promise<void>) => Promise<void>;
}

const CHUNKS = 4;

export const SAVE_WAYS = {
  /** Obsidian, VS Code, Notepad: the same file, written over. */
  inPlace: ({ path, bytes, step }) => step(() => writeFile(path, bytes)),

  /** gedit, most of what saves durably: beside it, then renamed over it. */
  renamed: ({ path, bytes, step }) =>
    step(async () => {
      const beside = join(dirname(path), `.${basename(path)}.tmp`);
      await writeFile(beside, bytes);
      await rename(beside, path);
    }),

  /** vim: the old file steps aside as a backup until the new one is there. */
  backedUp: ({ path, bytes, step }) =>
    step(async () => {
      await rename(path, `${path}~`);
      await writeFile(path, bytes);
      await rm(`${path}~`);
    }),

  /** A save in two steps, seen empty in between. */
  emptied: async ({ path, bytes, pauseMs, step }) => {
    await step(() => writeFile(path, ""));
    await sleep(pauseMs);
    await step(() => writeFile(path, bytes));
  },

  /** A slow disk: the bytes come in pieces, cut anywhere, also within a letter. */
  inPieces: async ({ path, bytes, pauseMs, step }) => {
    const size = Math.ceil(bytes.length / CHUNKS);
    for (let at = 0; at < bytes.length; at += size) {
      await step(async () => {
        const file = await open(path, at === 0 ? "w" : "a");
        await file.write(bytes.subarray(at, at + size));
        await file.close();
      });
      if (at + size < bytes.length) await sleep(pauseMs / CHUNKS);
    }
  },
} satisfies Record<string, SaveWay>;

export type SaveWayName = keyof typeof SAVE_WAYS;
