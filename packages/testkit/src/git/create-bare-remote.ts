import { join } from "node:path";
import { devNull } from "node:os";
import { mkdir } from "node:fs/promises";
import { createTempDir } from "../temp-dir.ts";
import { runGit, runGitBytes } from "./run-git.ts";

export interface BareRemote {
  /** The repository's folder; git takes it as an address. */
  path: string;
  branch: string;
  git(...args: string[]): Promise<string>;
  /** The commit the branch points to; null while it has none. */
  tip(): Promise<string | null>;
  /** Every path in the branch's newest tree, sorted. */
  listFiles(): Promise<string[]>;
  /** The bytes of a file in the branch's newest tree, or in another commit's. */
  readFile(path: string, commit?: string): Promise<Buffer>;
  /** The branch's commits, newest first. */
  commits(): Promise<string[]>;
  remove(): Promise<void>;
}

/** As a careful owner sets up the real one: whole objects only, no hooks, nothing rewritten, nothing deleted. */
const PINNED: Readonly<Record<string, string>> = {
  "core.hooksPath": devNull,
  "core.fsync": "committed",
  "core.logAllRefUpdates": "true",
  "transfer.fsckObjects": "true",
  "receive.denyNonFastForwards": "true",
  "receive.denyDeletes": "true",
  // Housekeeping in the background would still be running when the test removes the folder.
  "receive.autogc": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
};

/** Makes a real bare repository, in a temporary folder of its own or at the given place. */
export async function createBareRemote(
  options: { branch?: string; path?: string } = {},
): Promise<BareRemote> {
  const branch = options.branch ?? "main";
  const temp = options.path === undefined ? await createTempDir("remote") : null;
  const path = options.path ?? join(temp?.path ?? "", "remote.git");
  await mkdir(path, { recursive: true });
  await runGit(["init", "--quiet", "--bare", `--initial-branch=${branch}`, path], path);
  for (const [key, value] of Object.entries(PINNED)) await runGit(["config", key, value], path);

  const git = (...args: string[]) => runGit(args, path);
  const tip = async () =>
    (await git("for-each-ref", "--format=%(objectname)", `refs/heads/${branch}`)) || null;
  return {
    path,
    branch,
    git,
    tip,
    async listFiles() {
      if ((await tip()) === null) return [];
      const names = await git("ls-tree", "-r", "-z", "--name-only", branch);
      return names
        .split("\0")
        .filter((name) => name !== "")
        .sort();
    },
    readFile: (file, commit = branch) => runGitBytes(["cat-file", "blob", `${commit}:${file}`], path),
    async commits() {
      if ((await tip()) === null) return [];
      return (await git("rev-list", branch)).split("\n");
    },
    remove: async () => temp?.remove(),
  };
}
