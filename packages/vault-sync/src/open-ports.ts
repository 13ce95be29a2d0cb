import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { kindsOf } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";
import type { Environment } from "@nightdesk/daemon-kit/load-config";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import type { OpenChannel } from "./announce/channel.ts";
import { createFolderChannel } from "./announce/folder-channel.ts";
import { createSshChannel } from "./announce/ssh-channel.ts";
import type { VaultSyncConfig } from "./config.ts";
import { fail } from "./errors.ts";
import { createCommitSigner, type CommitSigner } from "./git/commit-signer.ts";
import { ensureGitDir } from "./git/git-dir.ts";
import { gitEnvironment } from "./git/git-environment.ts";
import { createGitRemote } from "./git/git-remote.ts";
import { createNodeObjectStore } from "./git/node-object-store.ts";
import { parseRemote, sshTarget, type RemoteAddress } from "./git/remote-url.ts";
import { checkGitVersion, createRunGit } from "./git/run-git.ts";
import { dropConnection } from "./git/ssh-connection.ts";
import { findSshSettings, type SshSettings } from "./git/ssh-options.ts";
import { createNodeDisk } from "./node-disk.ts";
import type { Failpoint } from "./ports.ts";
import type { SyncPorts } from "./replica.ts";
import { createSecretScanner } from "./secret-scan.ts";
import { openSyncState } from "./sync-state.ts";

export interface OpenedPorts extends SyncPorts {
  /** Listens to the remote's own announcements; null where none are possible. */
  openChannel: OpenChannel | null;
  close(): Promise<void>;
}

/** The real ports: git, the disk, the state folder. Throws when something needed for a start is missing. */
export async function openPorts(
  config: VaultSyncConfig,
  env: Environment,
  failpoint: Failpoint,
): Promise<OpenedPorts> {
  const disk = createNodeDisk(config.VAULT_PATH);
  await refuseRepository(config.VAULT_PATH);
  const signer = await readSigner(config.STATE_PATH);
  const address = parseRemote(config.GIT_REMOTE, config.GIT_BRANCH);
  const gitDir = join(config.STATE_PATH, "git");
  const ssh = await findSshSettings(config.STATE_PATH, gitDir, address.url);
  await ensureGitDir(gitDir, address.protocol, ssh);
  const runGit = createRunGit({ gitDir, env });
  await checkGitVersion(runGit);
  const store = createNodeObjectStore({ gitDir, env });
  const target = sshTarget(address);
  const gitEnv = gitEnvironment({ gitDir, env });
  const drop = async () => (target === null ? undefined : dropConnection(ssh, target, gitEnv));
  const ledger = openAppendLog(join(config.STATE_PATH, "presented.jsonl"));
  return {
    replica: config.AGENT_TYPE,
    agent: config.AGENT_NAME ?? config.AGENT_TYPE,
    kinds: kindsOf(await loadChannels(config.CHANNELS)),
    store,
    remote: createGitRemote({ gitDir, address, runGit, dropConnection: drop }),
    disk,
    state: await openSyncState(config.STATE_PATH, gitDir),
    presented: { append: (record) => ledger.append({ ...record }) },
    signer,
    secrets: createSecretScanner(),
    clock: systemClock,
    random: systemRandom,
    failpoint,
    openChannel: chooseChannel(address, config.GIT_BRANCH, { ssh, env: gitEnv }),
    async close() {
      await store.close();
      await drop();
    },
  };
}

function chooseChannel(
  address: RemoteAddress,
  branch: string,
  { ssh, env }: { ssh: SshSettings; env: Record<string, string> },
): OpenChannel | null {
  const target = sshTarget(address);
  if (target !== null) return createSshChannel({ settings: ssh, target, branch, env });
  return address.protocol === "file" ? createFolderChannel({ url: address.url, branch }) : null;
}

/** Two programs that both commit and check out the same files undo each other's work. */
async function refuseRepository(vaultPath: string): Promise<void> {
  const found = await lstat(join(vaultPath, ".git")).catch(() => null);
  if (!found) return;
  throw fail(
    "VAULT_IS_REPOSITORY",
    `${vaultPath} is itself a git repository, so nothing was started: git and sync would undo each other's work, and a plugin could run git there. ` +
      "Move its .git folder elsewhere, or choose another VAULT_PATH.",
  );
}

async function readSigner(statePath: string): Promise<CommitSigner> {
  const file = join(statePath, "keys", "sync.pem");
  let pem: string;
  try {
    pem = await readFile(file, "utf8");
  } catch (error) {
    throw fail(
      "KEY_MISSING",
      `This machine's signing key ${file} is not there; nothing was started. Make the state folder with: nightdesk init`,
      { cause: error },
    );
  }
  return createCommitSigner(pem);
}
