import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { waitFor } from "@nightdesk/testkit";
import { z } from "zod";
import { fail } from "../errors.ts";
import type { BenchPair, PairOptions } from "./bench-pair.ts";
import type { CleanUp } from "./clean-up.ts";
import { runProgram } from "./run-program.ts";
import { copyFolder } from "./seed-size.ts";
import { syncthingConfig, type SyncthingDevice } from "./syncthing-config.ts";

export type SyncthingMode = "syncthing" | "syncthing-fast";

/** Its delay may be stretched to six times its setting while a file keeps changing. */
const TIMEOUT_MS = 90_000;
const START_MS = 60_000;
const FIRST_SYNC_MS = 600_000;

interface Instance extends SyncthingDevice {
  home: string;
  vault: string;
  pid: number;
  stop(): Promise<void>;
}

/** Two Syncthings on this machine that know each other's address: nothing is looked up, nothing relayed. */
export async function startSyncthingPair(
  mode: SyncthingMode,
  { folder, seed, cleanUp }: PairOptions,
): Promise<BenchPair> {
  const homes = ["A", "B"].map((name) => join(folder, name));
  const devices = await Promise.all(homes.map(makeDevice));
  const instances = await Promise.all(
    devices.map(async ({ home, device }) => {
      const vault = join(home, "vault");
      await copyFolder(seed.vault, vault);
      // Its own sign that the folder is the right one; it makes it itself only where nothing lies yet.
      await mkdir(join(vault, ".stfolder"));
      await writeFile(
        join(home, "config.xml"),
        syncthingConfig({ mode, vault, self: device, devices: devices.map((one) => one.device) }),
      );
      return startInstance({ ...device, home, vault }, cleanUp);
    }),
  );
  await Promise.all(instances.map((one) => waitInStep(one, seed.size)));
  const [a, b] = instances;
  return {
    mode,
    vaultA: a?.vault ?? "",
    vaultB: b?.vault ?? "",
    sides: () =>
      (["A", "B"] as const).map((name, index) => ({
        name,
        roots: [instances[index]?.pid ?? 0],
        marks: [],
      })),
    timeoutMs: TIMEOUT_MS,
    async stop() {
      await Promise.all(instances.map((one) => one.stop()));
    },
  };
}

async function makeDevice(home: string): Promise<{ home: string; device: SyncthingDevice }> {
  await mkdir(home, { recursive: true });
  const env = { ...process.env, HOME: home };
  await runProgram("syncthing", ["generate", `--home=${home}`, "--no-default-folder"], { env });
  const id = (await runProgram("syncthing", ["serve", "--device-id", `--home=${home}`], { env })).trim();
  return { home, device: { id, port: await findFreePort(), guiPort: await findFreePort() } };
}

async function startInstance(
  made: SyncthingDevice & { home: string; vault: string },
  cleanUp: CleanUp,
): Promise<Instance> {
  const out = openSync(join(made.home, "syncthing.log"), "a");
  const child = spawn("syncthing", ["serve", `--home=${made.home}`, "--no-browser", "--no-default-folder"], {
    env: { ...process.env, HOME: made.home, STNOUPGRADE: "1" },
    stdio: ["ignore", out, out],
  });
  closeSync(out);
  const ended = once(child, "close");
  const stop = async () => {
    // Its monitor hands the signal on to the program it watches over.
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(timer);
  };
  cleanUp.add(stop);
  await waitFor(() => ask(made, "system/ping", z.object({ ping: z.literal("pong") })), {
    what: "Syncthing to answer",
    timeoutMs: START_MS,
    intervalMs: 100,
  });
  if (child.pid === undefined) throw fail("TRIAL_BROKEN", "Syncthing did not start.");
  return { ...made, pid: child.pid, stop };
}

const statusSchema = z.object({ state: z.string(), needTotalItems: z.number(), globalFiles: z.number() });
const connectionsSchema = z.object({
  connections: z.record(z.string(), z.object({ connected: z.boolean() })),
});
const completionSchema = z.object({ completion: z.number(), needItems: z.number(), globalItems: z.number() });

/** Both sides have looked through the folder, and each knows of the other that it holds the same. */
async function waitInStep(instance: Instance, size: number): Promise<void> {
  await waitFor(
    async () => {
      const status = await ask(instance, "db/status?folder=vault", statusSchema);
      const { connections } = await ask(instance, "system/connections", connectionsSchema);
      const [other] = Object.entries(connections).find(([, { connected }]) => connected) ?? [];
      if (other === undefined || status.state !== "idle" || status.needTotalItems > 0) return false;
      const theirs = await ask(instance, `db/completion?folder=vault&device=${other}`, completionSchema);
      return status.globalFiles === size && theirs.needItems === 0 && theirs.globalItems >= size;
    },
    { what: `Syncthing to be in step with ${size} notes`, timeoutMs: FIRST_SYNC_MS, intervalMs: 500 },
  );
}

async function ask<T>(device: SyncthingDevice, path: string, schema: z.ZodType<T>): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${device.guiPort}/rest/${path}`, {
    headers: { "X-API-Key": device.id },
  });
  return schema.parse(await response.json());
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string")
    throw fail("TRIAL_BROKEN", "No free port was found for Syncthing.");
  return address.port;
}
