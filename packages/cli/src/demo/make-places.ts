import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail } from "./errors.ts";

/** Where one machine's things lie. */
export interface ZonePlaces {
  /** The machine's own folder; its programs see it as their home. */
  home: string;
  vault: string;
  state: string;
  envFile: string;
  /** PM2's folder and the mail server's socket. Apart from the rest, because the path of a socket must be short. */
  pm2Home: string;
  socket: string;
  /** The machine's own folder for temporary files. */
  temp: string;
}

export interface DemoPlaces {
  /** What `--keep` leaves behind. */
  root: string;
  /** Sockets and process numbers; always removed. */
  run: string;
  cloud: ZonePlaces;
  local: ZonePlaces;
  remote: string;
  mailbox: string;
  logs: string;
}

/**
 * Makes the demo's folders: all in a fresh temporary one, or what is worth keeping in `keep`.
 * Throws DEMO_FOLDER_NOT_EMPTY rather than mix with what is there.
 */
export async function makePlaces(keep: string | null): Promise<DemoPlaces> {
  if (keep !== null) await requireEmpty(keep);
  const run = await realpath(await mkdtemp(join(tmpdir(), "nightdesk-demo-")));
  const root = keep === null ? run : await realpath(keep);
  const places: DemoPlaces = {
    root,
    run,
    cloud: zonePlaces(join(root, "cloud-vm"), join(run, "c")),
    local: zonePlaces(join(root, "laptop"), join(run, "l")),
    remote: join(root, "remote.git"),
    mailbox: join(root, "mailbox"),
    logs: join(root, "logs"),
  };
  for (const zone of [places.cloud, places.local]) {
    for (const folder of [
      zone.home,
      zone.vault,
      zone.state,
      zone.pm2Home,
      zone.temp,
      join(zone.socket, ".."),
    ]) {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o700);
    }
  }
  return places;
}

function zonePlaces(home: string, run: string): ZonePlaces {
  return {
    home,
    vault: join(home, "vault"),
    state: join(home, "state"),
    envFile: join(home, ".env"),
    pm2Home: join(run, "pm2"),
    socket: join(run, "mcp", "email.sock"),
    temp: join(run, "tmp"),
  };
}

async function requireEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  if (names.length === 0) return;
  throw fail(
    "DEMO_FOLDER_NOT_EMPTY",
    `The folder ${folder} already holds something (${names.slice(0, 3).join(", ")}); nothing was started and nothing in it was touched. ` +
      "Name a new or empty folder with --keep.",
    { data: { folder } },
  );
}

/** What is under PM2 would be lost with its folder. */
export async function keepLogs(places: DemoPlaces): Promise<void> {
  for (const zone of ["cloud", "local"] as const) {
    const from = join(places[zone].pm2Home, "logs");
    await cp(from, join(places.logs, zone), { recursive: true, force: true }).catch(() => {});
    await cp(join(places[zone].pm2Home, "pm2.log"), join(places.logs, zone, "pm2.log")).catch(() => {});
  }
}

/** Removes all that is not to be kept. */
export async function removePlaces(places: DemoPlaces): Promise<void> {
  // A process that was just killed may still have been writing.
  await rm(places.run, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** A settings file as `nightdesk init` would leave it: for this user's eyes alone. */
export async function writeSettings(file: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}
