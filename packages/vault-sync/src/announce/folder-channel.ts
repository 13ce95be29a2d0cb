import { watch, type FSWatcher } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isOid, type Oid } from "../git/oid.ts";
import type { ChannelEnd, OpenChannel } from "./channel.ts";

export interface FolderChannelOptions {
  /** The address as it is set: an absolute folder, or `file:///...`. */
  url: string;
  branch: string;
  /** The rhythm of the net under the watcher. */
  checkMs?: number;
}

/**
 * A folder that was replaced tells nobody, and one on a network disk tells nothing of what others do there.
 * One `stat` and one small read, no process.
 */
const CHECK_MS = 10_000;

/** Where the remote is a folder of this machine: its own watcher on the folder the branch's file lies in. */
export function createFolderChannel(options: FolderChannelOptions): OpenChannel {
  return (events) => {
    let watcher: FSWatcher | null = null;
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const end = (why: ChannelEnd | null) => {
      if (isOver) return;
      isOver = true;
      clearInterval(timer);
      watcher?.close();
      if (why !== null) events.onEnd(why);
    };
    const start = async () => {
      const file = await findRefFile(options);
      if (isOver) return;
      if (file === null) return end("refused");
      const folder = dirname(file);
      let told: Oid | null = null;
      const tell = async ({ onlyIfNew = false } = {}) => {
        const tip = await readTip(file);
        if (isOver || (onlyIfNew && (tip === null || tip === told))) return;
        told = tip;
        events.onHint(tip);
      };
      watcher = watch(folder, (_event, name) => {
        if (name === null || name === basename(file)) void tell();
      });
      watcher.on("error", () => end("lost"));
      const watched = await identityOf(folder);
      const check = async () => {
        if ((await identityOf(folder)) === watched) await tell({ onlyIfNew: true });
        else end("lost");
      };
      if (isOver) return;
      timer = setInterval(() => void check(), options.checkMs ?? CHECK_MS).unref();
      events.onUp();
      void tell();
    };
    start().catch(() => end("lost"));
    return { close: () => end(null) };
  };
}

/** As git looks for it: the folder itself, with `.git` behind it, or a `.git` in it. */
async function findRefFile({ url, branch }: FolderChannelOptions): Promise<string | null> {
  const root = url.startsWith("file://") ? fileURLToPath(url) : url;
  for (const gitDir of [root, `${root}.git`, join(root, ".git")]) {
    const file = join(gitDir, "refs/heads", branch);
    // A repository that keeps its refs in another way has no such folder.
    if ((await identityOf(dirname(file))) !== null) return file;
  }
  return null;
}

async function identityOf(folder: string): Promise<string | null> {
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true ? `${found.dev}:${found.ino}` : null;
}

/** Null when the ref has just been packed away, or is not there yet. */
async function readTip(file: string): Promise<Oid | null> {
  const text = (await readFile(file, "utf8").catch(() => "")).trim();
  return isOid(text) ? text : null;
}
