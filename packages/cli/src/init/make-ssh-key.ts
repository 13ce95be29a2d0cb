import { execFile } from "node:child_process";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { KNOWN_HOSTS_FILE, parseRemote, SSH_KEY_FILE, sshTarget } from "@nightdesk/vault-sync";
import { fail } from "../errors.ts";
import type { Zone } from "./zone.ts";

const run = promisify(execFile);

export interface SshKeyMade {
  /** Files that were made. */
  made: string[];
  /** What the owner does next, line by line; empty when there is nothing left to do. */
  next: string[];
}

/**
 * For a remote over ssh: makes this machine's own key, unless there is one, and says how the server gets to
 * know it and it the server. Made by OpenSSH's own ssh-keygen, since only OpenSSH reads it. Throws INIT_FAILED.
 */
export async function makeSshKey(statePath: string, zone: Zone, gitRemote: string): Promise<SshKeyMade> {
  const target = sshTarget(parseRemote(gitRemote, "main"));
  if (target === null) return { made: [], next: [] };
  const keys = join(statePath, "keys");
  const file = join(keys, SSH_KEY_FILE);
  const knownHosts = join(keys, KNOWN_HOSTS_FILE);
  const isNew = !(await isThere(file));
  if (isNew) await makeKey(file, `nightdesk-${zone}`);
  const next = isNew
    ? [
        `Let this machine in: add this line to ~/.ssh/authorized_keys on ${target.destination} (deploy/README.md says with what in front of it):`,
        `  ${(await readFile(`${file}.pub`, "utf8")).trim()}`,
      ]
    : [];
  if (!(await isThere(knownHosts))) {
    const host = target.destination.split("@").at(-1) ?? "";
    const port = target.port === null ? "" : `-p ${target.port} `;
    next.push(
      "Pin the server's host key: get it with the first command, and compare what the second shows with what the third shows on the server itself:",
      `  ssh-keyscan -t ed25519 ${port}${host} > "${knownHosts}"`,
      `  ssh-keygen -lf "${knownHosts}"`,
      "  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
    );
  }
  return { made: isNew ? [file, `${file}.pub`] : [], next };
}

async function makeKey(file: string, comment: string): Promise<void> {
  try {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
  } catch (error) {
    throw fail(
      "INIT_FAILED",
      `This machine's ssh key ${file} could not be made; keys that were there are unchanged. GIT_REMOTE is reached over ssh, so OpenSSH (ssh and ssh-keygen) must be installed.`,
      { cause: error },
    );
  }
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
