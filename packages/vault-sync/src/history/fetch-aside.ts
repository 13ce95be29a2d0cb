import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "@nightdesk/daemon-kit/load-config";
import type { VaultSyncConfig } from "../config.ts";
import { BASE_REF, ensureGitDir, readRef, writeRef } from "../git/git-dir.ts";
import { gitEnvironment } from "../git/git-environment.ts";
import { createGitRemote } from "../git/git-remote.ts";
import type { Oid } from "../git/oid.ts";
import { parseRemote, sshTarget } from "../git/remote-url.ts";
import { checkGitVersion, createRunGit } from "../git/run-git.ts";
import { dropConnection } from "../git/ssh-connection.ts";
import { findSshSettings } from "../git/ssh-options.ts";

export interface FetchedAside {
  /** The remote's tip; null while its branch is not there. */
  tip: Oid | null;
  /** A git directory that holds the tip and everything the state folder's own holds. */
  gitDir: string;
}

/**
 * Looks at the remote without touching this machine's sync: what is new there goes into a git directory of
 * its own in `folder`, which borrows the objects that are here already. Throws as a fetch does.
 * @param folder an empty one; the caller removes it
 */
export async function fetchAside(
  config: VaultSyncConfig,
  env: Environment,
  folder: string,
): Promise<FetchedAside> {
  const own = join(config.STATE_PATH, "git");
  const address = parseRemote(config.GIT_REMOTE, config.GIT_BRANCH);
  const gitDir = join(folder, "git");
  const ssh = await findSshSettings(config.STATE_PATH, gitDir, address.url);
  await ensureGitDir(gitDir, address.protocol, ssh);
  await writeFile(join(gitDir, "objects/info/alternates"), `${join(own, "objects")}\n`);
  const base = await readRef(own, BASE_REF);
  // So that git asks for what is new only.
  if (base !== null) await writeRef(gitDir, BASE_REF, base);
  const runGit = createRunGit({ gitDir, env });
  await checkGitVersion(runGit);
  const target = sshTarget(address);
  const gitEnv = gitEnvironment({ gitDir, env });
  const drop = async () => (target === null ? undefined : dropConnection(ssh, target, gitEnv));
  const remote = createGitRemote({ gitDir, address, runGit, dropConnection: drop });
  try {
    const tip = await remote.cheapTip();
    if (tip === null || tip === base) return { tip, gitDir };
    return { tip: (await remote.fetch()).tip, gitDir };
  } finally {
    await drop();
  }
}
