import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { BareRemote } from "@nightdesk/testkit";
import { fileOf } from "../../vault-sync/test/support/notes.ts";
import { environmentOf, openMachine, type Machine } from "../../vault-sync/test/support/replicas.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
export const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
export const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;
export const APPROVED = (n: number) => `Approved/${fileOf(n)}`;
export const REJECTED = (n: number) => `Rejected/${fileOf(n)}`;
export const ASIDE = (n: number) => `Needs_Attention/${fileOf(n)}`;
export const DONE = (n: number) => `Done/2026-11/${fileOf(n)}`;

export interface Ran {
  code: number | null;
  text: string;
}

/** The command as the owner runs it. */
export async function repair(
  machine: Machine,
  remote: Pick<BareRemote, "path">,
  ...args: string[]
): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, "repair", ...args], {
    env: environmentOf(machine, remote),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, text };
}

/** One sync in this process, as after a start. */
export async function sync(machine: Machine): Promise<void> {
  const opened = await openMachine(machine);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

/** What the machine's repair put aside. */
export async function kept(machine: Machine): Promise<string[]> {
  const [name = ""] = (await readdir(machine.state)).filter((one) => one.startsWith("repair-"));
  return readdir(join(machine.state, name));
}
