import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, writeDurably } from "@nightdesk/daemon-kit/durable-write";
import { nodeFileSystem, type FileSystem } from "@nightdesk/daemon-kit/file-system";
import { fail } from "../errors.ts";
import { fsckConfig } from "./fsck-ids.ts";
import { isOid, type Oid } from "./oid.ts";
import type { Protocol } from "./remote-url.ts";
import { PLAIN_SSH, sshCommand, type SshSettings } from "./ssh-options.ts";

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
export async function ensureGitDir(
  gitDir: string,
  protocol: Protocol,
  ssh: SshSettings = PLAIN_SSH,
): Promise<void> {
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
    await removeStaleLocks(gitDir);
    await removeDamagedRefs(gitDir);
    await writeIfDifferent(join(gitDir, "config"), configText(protocol, ssh));
    // In-tree attributes could otherwise name filters and merge drivers [m: `*.md merge=union`].
    await writeIfDifferent(join(gitDir, "info/attributes"), "* !merge !filter !diff -text -ident\n");
    await writeIfDifferent(join(gitDir, "HEAD"), "ref: refs/heads/nightdesk-unused\n");
  } catch (error) {
    if (error instanceof Error && error.name === "NightdeskError") throw error;
    throw storeFailed(error);
  }
}

/** Where git puts its locks: on refs, on lists of refs, on its settings. */
const LOCK_FOLDERS = ["", "refs", "refs/heads", "refs/nightdesk"];

/**
 * Takes away the locks of a git that was killed: git itself never does, and every later command would
 * fail on them. Called where no git command of ours runs that takes one.
 */
export async function removeStaleLocks(gitDir: string): Promise<void> {
  for (const folder of LOCK_FOLDERS) {
    const names = await readdir(join(gitDir, folder)).catch(() => []);
    for (const name of names.filter((one) => one.endsWith(".lock")))
      await rm(join(gitDir, folder, name), { force: true });
  }
}

/** A power cut can leave a ref empty, and git then refuses every fetch. Both are made anew from what is known. */
async function removeDamagedRefs(gitDir: string): Promise<void> {
  for (const ref of [INCOMING_REF, BASE_REF]) {
    if ((await readRef(gitDir, ref)) === null) await rm(join(gitDir, ref), { force: true });
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

function configText(protocol: Protocol, ssh: SshSettings): string {
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
	sshCommand = ${quoted(sshCommand(ssh))}
[ssh]
	variant = ssh
[transfer]
	fsckObjects = true
	unpackLimit = ${UNPACK_LIMIT}
[fetch]
	fsckObjects = true
	recurseSubmodules = false
	writeCommitGraph = false
${fsckConfig()}[push]
	followTags = false
	gpgSign = false
	recurseSubmodules = no
[protocol]
	allow = never
	# Version 2 asks for the list of refs in a round trip of its own; here there is one.
	version = 0
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

/** A value may hold anything a path may, quotes and `;` and `#` too. */
function quoted(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
