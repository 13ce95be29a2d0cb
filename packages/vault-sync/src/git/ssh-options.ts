import { createHash } from "node:crypto";
import { lstat, mkdir } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** How this machine shows itself to the server, and how it knows the server. */
export interface SshSettings {
  /** This machine's own key; null for the user's own keys and agent. */
  keyFile: string | null;
  /** The host keys pinned for this machine; null for the user's own alone. */
  knownHosts: { file: string; isThere: boolean } | null;
  /** The socket of the one connection that is kept open; null where ssh cannot do that. */
  controlPath: string | null;
}

export const PLAIN_SSH: SshSettings = { keyFile: null, knownHosts: null, controlPath: null };

/** `STATE_PATH/keys/...`. OpenSSH ignores $HOME, so a machine's own key must be named to it. */
export const SSH_KEY_FILE = "ssh_key";
export const KNOWN_HOSTS_FILE = "known_hosts";

/** What of a machine's own is there is used; for the rest the user's own settings count. */
export async function findSshSettings(statePath: string, gitDir: string, url: string): Promise<SshSettings> {
  const keys = join(statePath, "keys");
  const ownKey = join(keys, SSH_KEY_FILE);
  const keyFile = (await isFile(ownKey)) ? ownKey : null;
  const knownHostsFile = join(keys, KNOWN_HOSTS_FILE);
  const knownHosts = { file: knownHostsFile, isThere: await isFile(knownHostsFile) };
  // Another address or another key must not go through a connection that was opened before.
  const name = createHash("sha256").update([gitDir, url, keyFile].join("\0")).digest("hex").slice(0, 12);
  const folder = process.platform === "win32" ? null : await findSocketFolder(join(gitDir, "ssh"));
  return { keyFile, knownHosts, controlPath: folder === null ? null : join(folder, name) };
}

/** A socket's path may have 104 characters on macOS, and ssh adds 17 while it makes one. */
const MAX_SOCKET_FOLDER = 104 - 17 - 13;

/**
 * The state folder's own, or where its path is too long one in the folder for temporary files. Whoever can
 * use the socket acts as this machine, so a folder somebody else made there is not used. Null: none.
 */
async function findSocketFolder(inState: string): Promise<string | null> {
  if (inState.length <= MAX_SOCKET_FOLDER) return inState;
  const { uid } = userInfo();
  const folder = join(tmpdir(), `nightdesk-${uid}`);
  await mkdir(folder, { mode: 0o700 }).catch(() => undefined);
  const found = await lstat(folder).catch(() => null);
  const isOurs = found?.isDirectory() === true && found.uid === uid && (found.mode & 0o077) === 0;
  return isOurs && folder.length <= MAX_SOCKET_FOLDER ? folder : null;
}

/**
 * The arguments every ssh of ours gets. BatchMode: never ask; the host must be known already. ServerAlive: a
 * connection that is dead without a word is given up after 30 s. The kept connection: a command over it
 * costs 10 ms, over a new one 300 [m].
 */
export function sshArguments({ keyFile, knownHosts, controlPath }: SshSettings): string[] {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=15",
    "ServerAliveInterval=10",
    "ServerAliveCountMax=2",
    // Nothing of the user's own settings may open a way back from the server to this machine.
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
  ];
  if (knownHosts?.isThere === true)
    options.push(`UserKnownHostsFile=${sshValue(knownHosts.file)}`, "GlobalKnownHostsFile=none");
  // Made later, while this process runs, it counts as well.
  else if (knownHosts !== null)
    options.push(`UserKnownHostsFile=${sshValue(knownHosts.file)} ~/.ssh/known_hosts`);
  if (controlPath !== null)
    options.push("ControlMaster=auto", `ControlPath=${sshValue(controlPath)}`, "ControlPersist=120");
  const key = keyFile === null ? [] : ["-i", percentEscaped(keyFile), "-o", "IdentitiesOnly=yes"];
  return [...key, ...options.flatMap((option) => ["-o", option])];
}

/** The same as one line for git, which gives it to a shell. */
export function sshCommand(settings: SshSettings): string {
  return ["ssh", ...sshArguments(settings).map(shellWord)].join(" ");
}

/** ssh reads a file's name in an option as a list of words, with `%` for names of its own. */
function sshValue(path: string): string {
  const escaped = percentEscaped(path);
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll('"', '\\"')}"`;
}

function percentEscaped(path: string): string {
  const plain = process.platform === "win32" ? path.replaceAll("\\", "/") : path;
  return plain.replaceAll("%", "%%");
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isFile() ?? false;
}
