import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fail } from "./errors.ts";
import { findFreePort } from "./net/find-free-port.ts";
import { descendantsOf, readProcesses, signalQuietly } from "./processes.ts";
import { createTempDir } from "./temp-dir.ts";
import { waitFor } from "./wait-for.ts";

const run = promisify(execFile);

export interface SshServerOptions {
  /** Where it listens; 127.0.0.1 unless told. */
  address?: string;
  /** A free one unless told. Outside this network namespace it must be told. */
  port?: number;
  /** Lines of `authorized_keys` that may log in from the start. */
  authorizedKeys?: readonly string[];
  /** Put before the program: `["ip", "netns", "exec", "b"]` runs it in another network namespace. */
  launcher?: readonly string[];
}

export interface SshServer {
  address: string;
  port: number;
  /** The user this process runs as; sshd lets in no other. */
  user: string;
  /** `ssh://user@address:port` and a folder on this machine. */
  urlOf(folder: string): string;
  /** The line of `known_hosts` that pins its present host key. */
  knownHostsLine(): string;
  /** Lets a key in; the line may begin with options such as `restrict,command="..."`. */
  authorize(line: string): Promise<void>;
  /** A new ed25519 key pair for a client; `file` is the private half, 0600. */
  makeClientKey(name: string): Promise<{ file: string; publicLine: string }>;
  /** Ends it and every connection it holds, as a crash of the machine would. */
  stop(): Promise<void>;
  /** The connections that are open now hang without a word, as over a line that died; new ones are let in. */
  freezeConnections(): Promise<void>;
  /** The same address and port again, with another host key when asked. */
  start(options?: { newHostKey?: boolean }): Promise<void>;
  /** What sshd wrote, for the message of a test that failed. */
  log(): string;
  /** Connections that are open now. */
  connections(): Promise<number>;
  remove(): Promise<void>;
}

const SSHD_PLACES = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/libexec/sshd"];

/** True where a test with a real sshd can run. */
export async function hasSshd(): Promise<boolean> {
  return (await findSshd()) !== null;
}

/**
 * Starts a real OpenSSH server on this machine, with host key, configuration and accounts in a temporary
 * folder: nothing of /etc/ssh or of the user's own ~/.ssh takes part. Throws SSH_SERVER_FAILED.
 */
export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const sshd = await findSshd();
  if (sshd === null)
    throw fail("SSH_SERVER_FAILED", "There is no sshd on this machine; install openssh-server.");
  const address = options.address ?? "127.0.0.1";
  const port = options.port ?? (await findFreePort(address));
  const { username: user } = userInfo();
  const temp = await createTempDir("sshd");
  const folder = temp.path;
  const hostKey = join(folder, "host_key");
  await fillFolder(folder, { address, port, authorizedKeys: options.authorizedKeys ?? [] });

  let hostLine = "";
  const makeHostKey = async () => {
    await Promise.all([hostKey, `${hostKey}.pub`].map((file) => rm(file, { force: true })));
    hostLine = await makeKey(hostKey);
  };
  const inForeground = ["-D", "-e", "-f", join(folder, "sshd_config")];
  const daemon = createDaemon([...(options.launcher ?? []), sshd, ...inForeground]);
  const start = async ({ newHostKey = false } = {}) => {
    await daemon.stop();
    if (newHostKey) await makeHostKey();
    await daemon.start();
  };
  const remove = async () => {
    await daemon.stop();
    await temp.remove();
  };
  try {
    await start({ newHostKey: true });
  } catch (error) {
    await remove();
    throw error;
  }

  return {
    address,
    port,
    user,
    urlOf: (path) => `ssh://${user}@${address}:${port}${path}`,
    knownHostsLine: () => `[${address}]:${port} ${hostLine.split(" ").slice(0, 2).join(" ")}`,
    // Read anew by sshd at every login.
    authorize: (line) => writeFile(join(folder, "authorized_keys"), `${line}\n`, { flag: "a" }),
    async makeClientKey(name) {
      const file = join(folder, `client-${name}`);
      return { file, publicLine: await makeKey(file) };
    },
    stop: daemon.stop,
    freezeConnections: daemon.freezeConnections,
    start,
    log: daemon.log,
    connections: daemon.connections,
    remove,
  };
}

async function fillFolder(
  folder: string,
  { address, port, authorizedKeys }: { address: string; port: number; authorizedKeys: readonly string[] },
): Promise<void> {
  await mkdir(join(folder, "home"), { mode: 0o700 });
  await writeFile(join(folder, "authorized_keys"), authorizedKeys.map((line) => `${line}\n`).join(""));
  await writeFile(join(folder, "sshd_config"), configText({ folder, address, port }));
  // Where root's sshd shuts away the part that speaks with strangers; Debian's service makes it at boot.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
}

/** sshd in the foreground, as a process of ours. */
function createDaemon([program = "", ...args]: readonly string[]) {
  let child: ChildProcess | null = null;
  let log = "";
  return {
    log: () => log,
    async start() {
      const started = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
      child = started;
      let words = "";
      started.stderr.on("data", (chunk: Buffer) => {
        words += chunk.toString();
        log += chunk.toString();
      });
      await waitFor(() => words.includes("Server listening on") || started.exitCode !== null, {
        what: "sshd to listen",
        describe: () => words,
      });
      if (started.exitCode !== null) throw fail("SSH_SERVER_FAILED", `sshd did not start: ${words}`);
    },
    async stop() {
      const ending = child;
      child = null;
      if (!ending?.pid) return;
      const ended = once(ending, "close");
      // Each connection is a process in a session of its own: ending the listener alone keeps them all.
      for (const pid of [ending.pid, ...(await descendantsOf(ending.pid))]) signalQuietly(pid, "SIGKILL");
      await ended;
    },
    async freezeConnections() {
      for (const pid of child?.pid ? await descendantsOf(child.pid) : []) signalQuietly(pid, "SIGSTOP");
    },
    async connections() {
      const rows = child?.pid ? [...(await readProcesses()).values()] : [];
      return rows.filter(({ parent, state }) => parent === child?.pid && state !== "Z").length;
    },
  };
}

/** The settings that matter are explained; all others are OpenSSH's own. */
function configText({ folder, address, port }: { folder: string; address: string; port: number }): string {
  return `Port ${port}
ListenAddress ${address}
HostKey ${join(folder, "host_key")}
AuthorizedKeysFile ${join(folder, "authorized_keys")}
# Keys and nothing else; root too, since the tests may run as root.
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
# /tmp is writable for all, so sshd would refuse the key files there.
StrictModes no
# PAM would bring in the machine's own rules, limits and messages of the day.
UsePAM no
PidFile none
# No question to a name server at each login.
UseDNS no
# bash started by sshd reads ~/.bashrc before every command: on a developer's machine that can cost 100 ms
# a command, and it makes the test depend on it. An empty home has none; git's own ~/.gitconfig stays out too.
SetEnv HOME=${join(folder, "home")}
# One connection carries the announcements and every fetch and push; 10 is OpenSSH's default and must do.
MaxSessions 10
# Trials start many at once; by default sshd turns strangers away at random from the tenth on.
MaxStartups 100
`;
}

async function findSshd(): Promise<string | null> {
  for (const place of SSHD_PLACES) {
    const isThere = await access(place).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return null;
}

/** Returns the public line. */
async function makeKey(file: string): Promise<string> {
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "nightdesk-test", "-f", file]);
  return (await readFile(`${file}.pub`, "utf8")).trim();
}
