import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { watchFolders, type FolderWatch } from "@nightdesk/daemon-kit/watch-folders";
import { GMAIL_DEFAULTS } from "@nightdesk/testkit";

const PACKAGES = join(import.meta.dirname, "../../..");

export interface Started {
  child: ChildProcess;
  /** What it has written so far, both streams. */
  output(): string;
  /** Resolves with the exit code, or the signal's name. */
  ended: Promise<number | string>;
}

const running = new Map<ChildProcess, Promise<unknown>>();

/** Ends what is still running; left over by a failed test, it would keep the whole test run alive. */
export async function killLeftovers(): Promise<void> {
  for (const child of running.keys()) child.kill("SIGKILL");
  await Promise.all(running.values());
}

/** A daemon as PM2 starts it; nothing of the machine's own environment gets in. */
export function startDaemon(main: string, args: readonly string[], env: Record<string, string>): Started {
  const child = spawn(process.execPath, [join(PACKAGES, main), ...args], {
    env: { NIGHTDESK_ENV_FILE: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, "exit").then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | string;
  });
  running.set(child, ended);
  return { child, output: () => output, ended };
}

export function emailEnv(statePath: string, baseUrl: string): Record<string, string> {
  return {
    AGENT_TYPE: "cloud",
    STATE_PATH: statePath,
    GMAIL_CLIENT_ID: GMAIL_DEFAULTS.clientId,
    GMAIL_CLIENT_SECRET: GMAIL_DEFAULTS.clientSecret,
    GMAIL_REFRESH_TOKEN: GMAIL_DEFAULTS.readonlyToken,
    GMAIL_ADDRESS: GMAIL_DEFAULTS.address,
    GMAIL_BASE_URL: baseUrl,
    LOG_LEVEL: "info",
  };
}

/** Files below the vault, as paths in it. */
export function listVault(vault: string): string[] {
  return readdirSync(vault, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(vault.length + 1));
}

/** vault-sync's part in a claim: whatever lies in In_Progress and Pending_Approval is published at once. */
export async function publishEverything(vault: string, state: string): Promise<FolderWatch> {
  mkdirSync(vault, { recursive: true });
  const publish = () => {
    const paths = listVault(vault).filter((path) => /^(In_Progress|Pending_Approval)\//.test(path));
    const temp = join(state, "published.tmp");
    writeFileSync(temp, JSON.stringify({ tip: "0".repeat(40), at: new Date().toISOString(), paths }));
    renameSync(temp, join(state, "published.json"));
  };
  const folders = [join(vault, "In_Progress/cloud"), join(vault, "Pending_Approval/email")];
  const watch = await watchFolders({ folders, onChange: publish, onError: () => {}, settleMs: 20 });
  publish();
  return watch;
}
