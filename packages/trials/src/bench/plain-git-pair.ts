import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BenchPair, PairOptions } from "./bench-pair.ts";
import type { CleanUp } from "./clean-up.ts";
import { runProgram } from "./run-program.ts";
import { copyFolder, type Seed } from "./seed-size.ts";
import { startSshWorld, type SshWorld } from "./ssh-world.ts";

const TIMEOUT_MS = 60_000;
/** How often the loop would look by itself: our own slowest rhythm. */
const IDLE_ROUND_S = 30;

const SEND = "git add -A && git commit -q -m move && git push -q origin HEAD:main";
const TAKE = "git fetch -q origin main && git merge -q --ff-only FETCH_HEAD";
const LOOK = `git add -A && { git diff --cached --quiet || { git commit -q -m move && git push -q origin HEAD:main; }; }; ${TAKE}`;

/**
 * The floor: plain git in two clones, over a connection that is kept open, started at once after the rename.
 * No watcher, no waiting, no check of what comes in, nothing settled, nothing signed.
 */
export async function startPlainGitPair({ folder, seed, cleanUp }: PairOptions): Promise<BenchPair> {
  const remote = join(folder, "r.git");
  await copyFolder(seed.remote, remote);
  const ssh = await startSshWorld("git only");
  cleanUp.add(ssh.remove);
  const clones = await Promise.all(
    (["A", "B"] as const).map((name) => makeClone(join(folder, name), { seed, ssh, remote, cleanUp })),
  );
  const [a, b] = clones;
  const idle = new Map<string, number>();
  return {
    mode: "git",
    vaultA: a?.vault ?? "",
    vaultB: b?.vault ?? "",
    sides: () => [
      ...(["A", "B"] as const).map((name) => ({
        name,
        roots: [idle.get(name) ?? []].flat(),
        marks: [`HOME=${join(folder, name)}`, `${join(folder, name)}/`],
      })),
      { name: "server" as const, roots: [ssh.pid], marks: [] },
    ],
    async carry() {
      await a?.run(SEND);
      await b?.run(TAKE);
    },
    startIdle() {
      const loops = clones.map((clone) => clone.loop());
      for (const [index, name] of (["A", "B"] as const).entries()) idle.set(name, loops[index]?.pid ?? 0);
      return {
        stop: async () => {
          idle.clear();
          await Promise.all(loops.map((loop) => loop.stop()));
        },
      };
    },
    timeoutMs: TIMEOUT_MS,
    async stop() {
      await Promise.all(clones.map((clone) => clone.close()));
      await ssh.remove();
    },
  };
}

interface Clone {
  vault: string;
  run(script: string): Promise<void>;
  /** Looks for changes every 30 s until it is stopped. */
  loop(): { pid: number; stop(): Promise<void> };
  close(): Promise<void>;
}

async function makeClone(
  home: string,
  { seed, ssh, remote, cleanUp }: { seed: Seed; ssh: SshWorld; remote: string; cleanUp: CleanUp },
): Promise<Clone> {
  const vault = join(home, "vault");
  const keys = join(home, "keys");
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await ssh.letIn(keys);
  const control = join(home, "c");
  const env = { ...process.env, ...gitEnvironment(home, keys, control) };
  const run = async (script: string) => {
    await runProgram("sh", ["-c", script], { cwd: vault, env });
  };
  await runProgram("git", ["clone", "-q", "--branch", "main", seed.remote, vault], { env });
  await run(
    `git remote set-url origin ${ssh.urlOf(remote)} && git config gc.auto 0 && git status --porcelain`,
  );
  const close = () =>
    runProgram("ssh", ["-o", `ControlPath=${control}`, "-O", "exit", "bench"], { env }).then(
      () => undefined,
      () => undefined,
    );
  cleanUp.add(close);
  return { vault, run, close, loop: () => startLoop(vault, env) };
}

function startLoop(vault: string, env: NodeJS.ProcessEnv) {
  const child = spawn("sh", ["-c", `while :; do ${LOOK}; sleep ${IDLE_ROUND_S}; done`], {
    cwd: vault,
    env,
    detached: true,
    stdio: "ignore",
  });
  const ended = once(child, "close");
  return {
    pid: child.pid ?? 0,
    async stop() {
      // The whole group: `sleep` would go on by itself.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await ended;
    },
  };
}

function gitEnvironment(home: string, keys: string, control: string): Record<string, string> {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    `UserKnownHostsFile=${join(keys, "known_hosts")}`,
    "GlobalKnownHostsFile=none",
    "ControlMaster=auto",
    `ControlPath=${control}`,
    "ControlPersist=600",
  ];
  return {
    HOME: home,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Bench",
    GIT_AUTHOR_EMAIL: "bench@example.invalid",
    GIT_COMMITTER_NAME: "Bench",
    GIT_COMMITTER_EMAIL: "bench@example.invalid",
    GIT_SSH_COMMAND: ["ssh -F none", "-i", join(keys, "ssh_key"), ...options.map((one) => `-o ${one}`)].join(
      " ",
    ),
    LC_ALL: "C",
  };
}
