import { readFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import type { ZonePlaces } from "./make-places.ts";
import { createPm2, type Pm2 } from "./pm2.ts";
import { runProgram } from "./run-program.ts";
import type { ZoneName } from "./watch-vault.ts";

/** One of the two machines. */
export interface Zone extends Pm2 {
  name: ZoneName;
  places: ZonePlaces;
  /** One sync, as `vault-sync --once` does it. */
  syncOnce(): Promise<void>;
  /** The last lines of each program's log. */
  lastLines(count: number): Promise<string>;
}

export interface ZoneOptions {
  name: ZoneName;
  places: ZonePlaces;
  projectRoot: string;
}

const SYNC_TIMEOUT_MS = 60_000;

/** What a program needs of this machine, and not a variable more: no stray secret, no AGENT_TYPE of the user's. */
const INHERITED = ["LANG", "SystemRoot", "NODE_COMPILE_CACHE"];

export function createZone(options: ZoneOptions): Zone {
  const { name, places, projectRoot } = options;
  const env: Record<string, string> = {
    PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
    HOME: places.home,
    TMPDIR: places.temp,
    AGENT_TYPE: name,
    NIGHTDESK_ENV_FILE: places.envFile,
  };
  for (const variable of INHERITED) {
    const value = process.env[variable];
    if (value !== undefined) env[variable] = value;
  }
  const pm2 = createPm2({ home: places.pm2Home, projectRoot, env, marks: ["NIGHTDESK_ENV_FILE", "HOME"] });
  const logFolder = join(places.pm2Home, "logs");
  return {
    ...pm2,
    name,
    places,
    async syncOnce() {
      const program = join(projectRoot, "packages", "vault-sync", "src", "main.ts");
      await runProgram(process.execPath, [program, "--once"], {
        cwd: projectRoot,
        env,
        timeoutMs: SYNC_TIMEOUT_MS,
      });
    },
    async lastLines(count) {
      const processes = await pm2.list().catch(() => []);
      const files = [...new Set([join(places.pm2Home, "pm2.log"), ...processes.flatMap((one) => one.logs)])];
      const parts = await Promise.all(files.map((file) => tail(file, count)));
      return parts.filter((part) => part !== "").join("\n") || `(no log in ${logFolder})`;
    },
  };
}

async function tail(file: string, count: number): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.trimEnd().split("\n").slice(-count);
  return text === "" ? "" : [`--- ${basename(file)}`, ...lines].join("\n");
}
