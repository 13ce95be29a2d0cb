import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, writeDurably } from "@nightdesk/daemon-kit/durable-write";
import { nodeFileSystem, type FileSystem } from "@nightdesk/daemon-kit/file-system";
import { fail } from "../errors.ts";
import { isOid, type Oid } from "./oid.ts";
import type { Protocol } from "./remote-url.ts";

/** What came in last; a name of ours, so that no branch the remote names is ever made here. */
export const INCOMING_REF = "refs/nightdesk/incoming";
/** What was synced last: keeps its objects, and tells a fetch what is here already. */
export const BASE_REF = "refs/nightdesk/base";

/** Packs come in up to this many objects as single files, which the next fetch need not open a pack for. */
const UNPACK_LIMIT = 100;

/**
 * Makes the git directory, or puts its configuration back to what it must be. It lies outside the
 * vault and has no work tree: nothing in the vault can make git run anything.
 */
export async function ensureGitDir(gitDir: string, protocol: Protocol): Promise<void> {
  try {
    for (const folder of [
      "",
      "objects/info",
      "objects/pack",
      "refs/heads",
      "refs/nightdesk",
      "info",
      "ssh",
    ]) {
      await mkdir(join(gitDir, folder), { recursive: true, mode: 0o700 });
    }
    await chmod(gitDir, 0o700);
    await writeIfDifferent(join(gitDir, "config"), configText(gitDir, protocol));
    // In-tree attributes could otherwise name filters and merge drivers [m: `*.md merge=union`].
    await writeIfDifferent(join(gitDir, "info/attributes"), "* !merge !filter !diff -text -ident\n");
    await writeIfDifferent(join(gitDir, "HEAD"), "ref: refs/heads/nightdesk-unused\n");
  } catch (error) {
    if (error instanceof Error && error.name === "NightdeskError") throw error;
    throw storeFailed(error);
  }
}

/** Points a ref of ours at a commit, durably. */
export async function writeRef(
  gitDir: string,
  ref: string,
  oid: Oid,
  disk: FileSystem = nodeFileSystem,
): Promise<void> {
  await writeIfDifferent(join(gitDir, ref), `${oid}\n`, disk);
}

export async function readRef(gitDir: string, ref: string): Promise<Oid | null> {
  const text = await readOrNull(join(gitDir, ref));
  const oid = text?.trim();
  return isOid(oid) ? oid : null;
}

async function writeIfDifferent(
  path: string,
  text: string,
  disk: FileSystem = nodeFileSystem,
): Promise<void> {
  if ((await readOrNull(path, disk)) !== text) await writeDurably(path, text, {}, disk);
}

async function readOrNull(path: string, disk: FileSystem = nodeFileSystem): Promise<string | null> {
  try {
    return (await disk.readFile(path)).toString("utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw storeFailed(error);
  }
}

function storeFailed(error: unknown) {
  return fail(
    "OBJECT_STORE_FAILED",
    `The git directory could not be used (${errnoOf(error)}); nothing was changed.`,
    {
      cause: error,
    },
  );
}

function configText(gitDir: string, protocol: Protocol): string {
  return `# Written by vault-sync at every start; changes here are undone.
[core]
	repositoryformatversion = 0
	bare = true
	hooksPath = /dev/null
	fsmonitor = false
	symlinks = false
	autocrlf = false
	protectHFS = true
	protectNTFS = true
	fsync = all
	logAllRefUpdates = false
	bigFileThreshold = 1m
	sshCommand = ${sshCommand(gitDir)}
[transfer]
	fsckObjects = true
	unpackLimit = ${UNPACK_LIMIT}
[fetch]
	fsckObjects = true
	recurseSubmodules = false
	writeCommitGraph = false
[push]
	followTags = false
	gpgSign = false
	recurseSubmodules = no
[protocol]
	allow = never
[protocol "${protocol}"]
	allow = always
[gc]
	auto = 0
	autoDetach = false
[maintenance]
	auto = false
[pack]
	threads = 1
[http]
	lowSpeedLimit = 100
	lowSpeedTime = 20
	followRedirects = false
`;
}

/**
 * BatchMode: never ask; the host must be known already. One connection is kept open where ssh can: a
 * fetch over it costs a third [m]. Windows' ssh has no such thing.
 */
function sshCommand(gitDir: string): string {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=15",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=2",
  ];
  const control = join(gitDir, "ssh", "%C");
  // A socket's path may have 104 characters on macOS; %C becomes 40.
  if (process.platform !== "win32" && control.length + 38 + 17 < 104 && !/["\s\\$]/.test(control)) {
    options.push("ControlMaster=auto", `ControlPath=${control}`, "ControlPersist=120");
  }
  return `ssh ${options.map((option) => `-o ${option}`).join(" ")}`;
}
