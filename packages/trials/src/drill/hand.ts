import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FOLDERS, nameOf } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";
import { readProperties } from "../edits/front-matter-styles.ts";
import { SAVE_WAYS, type SaveWayName } from "../edits/save-ways.ts";
import { takeApart, writeVersion } from "../edits/write-version.ts";
import type { NoteWatch } from "../office/watch-notes.ts";
import type { WantedMail } from "./judge-drill.ts";

/** A note as it waits before the owner. */
export interface Shown {
  path: string;
  text: string;
}

/** The owner's hand on the laptop: it reads, moves and saves files, and nothing else. */
export interface Hand {
  /** Waits until the note of this version lies in Pending_Approval/ and says `words`. */
  untilShown(id: string, rev: number, words?: RegExp, timeoutMs?: number): Promise<Shown>;
  /** Waits until the task's note of this version lies in this folder; resolves with its path. */
  untilIn(id: string, rev: number, folder: string): Promise<string>;
  /** One plain rename; resolves with the new path. */
  move(path: string, folder: string): Promise<string>;
  remove(path: string): Promise<void>;
  /** Saves another reply, in the words of some editor. */
  saveReply(path: string, shown: Shown, reply: string, way: SaveWayName): Promise<void>;
  /** Writes a property at the top, or changes it. */
  saveProperty(path: string, key: string, value: string): Promise<void>;
  /** Writes below the feedback heading. */
  saveFeedback(path: string, words: string): Promise<void>;
}

/** Sync, the mailbox and a busy machine together stay far below this. */
const UNTIL_MS = 120_000;

export function createHand(vault: string, watch: NoteWatch): Hand {
  const at = (path: string) => join(vault, path);
  const pathOf = (id: string, rev: number, folder: string) =>
    watch.places(id).find((path) => path.startsWith(`${folder}/`) && path.endsWith(`-r${rev}.md`));
  const change = async (path: string, edit: (text: string) => string) => {
    const text = await readFile(at(path), "utf8");
    const edited = edit(text);
    if (edited === text) throw new TypeError(`nothing to change was found in ${path}`);
    await writeFile(at(path), edited);
  };
  return {
    untilShown: (id, rev, words = /^checked: /m, timeoutMs = UNTIL_MS) =>
      waitFor(
        async () => {
          const path = pathOf(id, rev, FOLDERS.pending);
          const text = path === undefined ? null : await readFile(at(path), "utf8").catch(() => null);
          return path !== undefined && text !== null && words.test(text) ? { path, text } : null;
        },
        {
          what: `version ${rev} of ${id} to say ${words}`,
          timeoutMs,
          intervalMs: 50,
          describe: () => watch.places(id),
        },
      ),
    untilIn: (id, rev, folder) =>
      waitFor(() => pathOf(id, rev, folder), {
        what: `version ${rev} of ${id} to lie in ${folder}/`,
        timeoutMs: UNTIL_MS,
        intervalMs: 50,
        describe: () => watch.places(id),
      }),
    async move(path, folder) {
      await mkdir(at(folder), { recursive: true });
      const target = `${folder}/${nameOf(path)}`;
      await rename(at(path), at(target));
      return target;
    },
    remove: (path) => rm(at(path)),
    async saveReply(path, shown, reply, way) {
      const version = { text: reply, seed: reply.length * 7919 + shown.text.length, spoil: null };
      const bytes = writeVersion(shown.text, version);
      await SAVE_WAYS[way]({ path: at(path), bytes, pauseMs: 150, step: (step) => step() });
    },
    saveProperty: (path, key, value) =>
      change(path, (text) => {
        const line = new RegExp(`^${key}:.*$`, "m");
        return line.test(text)
          ? text.replace(line, `${key}: ${value}`)
          : text.replace(/^---\n/, `---\n${key}: ${value}\n`);
      }),
    saveFeedback: (path, words) =>
      change(path, (text) => text.replace(/^(## Feedback .*)$/m, `$1\n\n${words}\n`)),
  };
}

/** What a note that is approved as it stands would send: read from its lines, as the owner sees them. */
export function readWanted({ text }: Shown): Omit<WantedMail, "notBeforeMs"> {
  const parts = takeApart(text);
  const values = new Map(readProperties(parts.front).map(({ key, value }) => [key, value]));
  const list = (key: string) => {
    const value = values.get(key);
    return Array.isArray(value) ? value : [];
  };
  return {
    text: parts.region.join("\n").replace(/^\n+|\n+$/g, ""),
    to: list("to"),
    cc: list("cc"),
    subject: String(values.get("subject")),
  };
}

export const pause = (ms: number) => sleep(ms);
