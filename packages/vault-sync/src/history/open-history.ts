import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Environment } from "@nightdesk/daemon-kit/load-config";
import { fail } from "../errors.ts";
import { CatFile } from "../git/cat-file.ts";
import type { Commit } from "../git/commit-codec.ts";
import { BASE_REF, readRef } from "../git/git-dir.ts";
import { gitEnvironment } from "../git/git-environment.ts";
import { createNodeObjectStore } from "../git/node-object-store.ts";
import { isOid, type Oid } from "../git/oid.ts";
import { Snapshot } from "../snapshot.ts";

/** A file as one commit left it. */
export interface FileVersion {
  path: string;
  /** Null: it was removed. */
  oid: Oid | null;
  /** `100644` for a plain file. */
  mode: string;
}

/** One commit, with what it changed among the paths that were asked for. */
export interface HistoryCommit {
  oid: Oid;
  atMs: number;
  /** The name as written; says nothing about who made it, see `isSignedBy`. */
  author: string;
  changes: FileVersion[];
}

/** The vault's past, for reading only: no lock, no write, and it may be read while sync runs. */
export interface VaultHistory {
  /** What was synced last, when this was opened; null before the first sync. */
  tip: Oid | null;
  /**
   * Commits that touch some paths, oldest first. A merge comes once for each parent.
   * @param since only those the tip builds on and this one does not
   */
  commitsOf(paths: readonly string[], since?: Oid | null): AsyncGenerator<HistoryCommit>;
  /** Every commit the tip builds on, itself included. */
  ancestors(): Promise<Set<Oid>>;
  /** Bytes of each blob; null for what is no blob. */
  sizesOf(oids: readonly Oid[]): Promise<Map<Oid, number | null>>;
  readBlob(oid: Oid, maxBytes: number): Promise<Uint8Array>;
  /** The blob a commit has at a path; null when there is no plain file. Throws OBJECT_MISSING without the commit. */
  blobAt(commit: Oid, path: string): Promise<Oid | null>;
  readCommit(oid: Oid): Promise<Commit>;
  close(): Promise<void>;
}

export interface OpenHistoryOptions {
  gitDir: string;
  env: Environment;
  /** Another commit than the one synced last. */
  tip?: Oid;
}

/** Opens the git directory of a state folder. It need not be this machine's own. */
export async function openHistory({ gitDir, env, tip }: OpenHistoryOptions): Promise<VaultHistory> {
  const from = tip ?? (await readRef(gitDir, BASE_REF));
  const given = { gitDir, env };
  const gitEnv = {
    ...gitEnvironment(given),
    // Something in the directory that stands in for other objects would make the proof one about itself.
    GIT_NO_REPLACE_OBJECTS: "1",
  };
  const store = createNodeObjectStore(given);
  const headers = new CatFile(gitDir, gitEnv, false);
  const run = (args: readonly string[]) => streamGit(args, gitDir, gitEnv);
  return {
    tip: from,
    async *commitsOf(paths, since = null) {
      if (from === null) return;
      const range = since === null ? [from] : [from, `^${since}`];
      yield* parseLog(run([...LOG, ...range, "--", ...paths]));
    },
    async ancestors() {
      const found = new Set<Oid>();
      if (from === null) return found;
      for await (const line of split(run(["rev-list", from]), "\n")) found.add(line);
      return found;
    },
    async sizesOf(oids) {
      const found = await Promise.all(oids.map((oid) => headers.ask(oid, 0)));
      return new Map(
        found.map((header, at) => [oids[at] ?? "", header?.type === "blob" ? header.size : null]),
      );
    },
    readBlob: (oid, maxBytes) => store.readBlob(oid, maxBytes),
    async blobAt(commit, path) {
      const { tree } = await store.readCommit(commit);
      return (await new Snapshot(store, tree).get(path)) ?? null;
    },
    readCommit: (oid) => store.readCommit(oid),
    async close() {
      await Promise.all([store.close(), headers.close()]);
    },
  };
}

/** `--full-history -m`: nothing a merge brings or hides is left out. */
const LOG = [
  "log",
  "--topo-order",
  "--reverse",
  "--full-history",
  "-m",
  "--root",
  "--raw",
  "--no-abbrev",
  "--no-renames",
  "-z",
  "--format=commit %H %ct %an",
];

async function* parseLog(output: AsyncIterable<string>): AsyncGenerator<HistoryCommit> {
  let commit: HistoryCommit | null = null;
  let version: Omit<FileVersion, "path"> | null = null;
  for await (const piece of split(output, "\0")) {
    if (version !== null) {
      commit?.changes.push({ path: piece, ...version });
      version = null;
      continue;
    }
    const token = piece.replace(/^\n/, "");
    const header = /^commit ([0-9a-f]{40}) (\d+) (.*)$/s.exec(token);
    if (header) {
      if (commit !== null) yield commit;
      const [, oid = "", seconds = "", author = ""] = header;
      commit = { oid, atMs: Number(seconds) * 1000, author, changes: [] };
      continue;
    }
    const raw = /^:\d{6} (\d{6}) [0-9a-f]{40} ([0-9a-f]{40}) ([A-Z])/.exec(token);
    const [, mode = "", oid = "", kind] = raw ?? [];
    if (raw) version = { mode, oid: kind === "D" || !isOid(oid) ? null : oid };
  }
  if (commit !== null) yield commit;
}

/** One git command's output as it comes. Throws OBJECT_STORE_FAILED when it ends badly. */
async function* streamGit(
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
): AsyncGenerator<string> {
  const child = spawn("git", [...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text.slice(0, 500)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A git that is missing is told by the loop's end, not as an event nobody waits for.
  ended.catch(() => undefined);
  try {
    const output: Readable = child.stdout.setEncoding("utf8");
    for await (const chunk of output) yield String(chunk);
    const code = await ended;
    if (code === 0) return;
    throw fail(
      "OBJECT_STORE_FAILED",
      `git could not read the vault's history; nothing was changed. ${complaint.split("\n")[0] ?? ""}`,
      { data: { complaint: complaint.slice(0, 500) } },
    );
  } finally {
    child.kill();
  }
}

/** The pieces of a stream between separators. */
async function* split(chunks: AsyncIterable<string>, separator: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split(separator);
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}
