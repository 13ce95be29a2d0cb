import { execFile } from "node:child_process";
import { lstat, rm } from "node:fs/promises";
import type { SshTarget } from "./remote-url.ts";
import { sshArguments, type SshSettings } from "./ssh-options.ts";

/** A connection that answers does so at once; one that does not is left to its own keep-alive. */
const EXIT_MS = 2_000;

/** The arguments that lead to a target. */
export function sshDestination({ destination, port }: SshTarget): string[] {
  return [...(port === null ? [] : ["-p", String(port)]), "--", destination];
}

/**
 * Ends the connection that is kept open, if there is one, and takes its socket away, so that the next
 * command makes a new one. Never throws.
 */
export async function dropConnection(
  settings: SshSettings,
  target: SshTarget,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const { controlPath } = settings;
  if (controlPath === null || !(await isThere(controlPath))) return;
  await new Promise<void>((resolve) => {
    const args = [...sshArguments(settings), "-O", "exit", ...sshDestination(target)];
    execFile("ssh", args, { env, timeout: EXIT_MS, killSignal: "SIGKILL" }, () => resolve());
  });
  await rm(controlPath, { force: true }).catch(() => undefined);
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
