import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FOLDERS } from "@nightdesk/claim-lib";
import { createBareRemote } from "@nightdesk/testkit";
import { fail } from "../errors.ts";
import { makeLargeVault } from "./large-vault.ts";
import { runProgram } from "./run-program.ts";

export interface Seed {
  size: number;
  /** A vault of so many notes. */
  vault: string;
  /** A bare repository with one commit that holds the same. */
  remote: string;
  commit: string;
  tree: string;
  /** Blob ids by path. */
  blobs: ReadonlyMap<string, string>;
}

/** Folders `nightdesk init` makes and git cannot carry while they are empty. */
const EMPTY_FOLDERS = [FOLDERS.approved, FOLDERS.rejected, FOLDERS.snoozed, FOLDERS.inbox];

/** Files read side by side. */
const AT_ONCE = 64;
const NEW_LINE = Buffer.from("\n");

/**
 * Makes the vault and the repository every mode starts with a copy of.
 * @param addNotes puts further notes into the vault, and says how many
 */
export async function makeSeed(
  folder: string,
  notes: number,
  addNotes: (vault: string) => Promise<number> = () => Promise.resolve(0),
): Promise<Seed> {
  const vault = join(folder, "vault");
  await makeLargeVault(vault, notes);
  const size = notes + (await addNotes(vault));
  for (const name of EMPTY_FOLDERS) await mkdir(join(vault, name), { recursive: true });
  const { path: remote, git } = await createBareRemote({ path: join(folder, "seed.git") });
  await importVault(vault, remote);
  const listing = await runProgram("git", ["ls-tree", "-r", "-z", "main"], { cwd: remote });
  const blobs = new Map(
    listing.split("\0").flatMap((line) => {
      const [meta = "", path] = line.split("\t");
      return path === undefined ? [] : [[path, meta.split(" ")[2] ?? ""] as const];
    }),
  );
  if (blobs.size !== size)
    throw fail("TRIAL_BROKEN", `The repository holds ${blobs.size} notes instead of ${size}.`);
  const commit = await git("rev-parse", "main");
  return { size, vault, remote, commit, tree: await git("rev-parse", "main^{tree}"), blobs };
}

/** `git fast-import`: one pack, ten times faster than adding and repacking. */
async function importVault(vault: string, remote: string): Promise<void> {
  const child = spawn("git", ["-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--done"], {
    cwd: remote,
    stdio: ["pipe", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words += chunk.toString()));
  const ended = once(child, "close");
  await pipeline(Readable.from(importStream(vault), { objectMode: true }), child.stdin);
  const [code] = await ended;
  if (code !== 0) throw fail("TRIAL_BROKEN", `The notes could not be put into a repository: ${words}`);
}

async function* importStream(vault: string): AsyncGenerator<Buffer | string> {
  yield "commit refs/heads/main\ncommitter Bench <bench@example.invalid> 1790000000 +0000\ndata 4\nseed\n";
  const found = await readdir(vault, { recursive: true, withFileTypes: true });
  const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const some = files.slice(at, at + AT_ONCE);
    const texts = await Promise.all(some.map((file) => readFile(file)));
    for (const [index, text] of texts.entries()) {
      const path = relative(vault, some[index] ?? "").replaceAll("\\", "/");
      yield Buffer.concat([Buffer.from(`M 100644 inline ${path}\ndata ${text.length}\n`), text, NEW_LINE]);
    }
  }
  yield "done\n";
}

/** A copy with the times of the files, as fast as the disk can. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(join(to, ".."), { recursive: true });
  if (process.platform === "linux") await runProgram("cp", ["-a", "-T", from, to]);
  else await cp(from, to, { recursive: true, preserveTimestamps: true });
}

/** Removes a folder with a million files: `rm` takes a tenth of the time Node's own way does. */
export async function removeFolder(folder: string): Promise<void> {
  if (process.platform === "linux") await runProgram("rm", ["-rf", "--", folder]).catch(() => undefined);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
