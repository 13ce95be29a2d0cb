import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError, NightdeskError, SYNC_STATUS_FILE, syncStatusSchema } from "@nightdesk/claim-lib";
import {
  fetchAside,
  openHistory,
  readConfig,
  type FetchedAside,
  type VaultSyncConfig,
} from "@nightdesk/vault-sync";
import { broken, count, look, ok, type Check } from "./check.ts";
import type { Patient } from "./patient.ts";

/** Is the remote there, and is its history the one this machine knows? Fetches into a folder of its own. */
export async function checkRemote(patient: Patient, base: string | null): Promise<Check[]> {
  let config: VaultSyncConfig;
  try {
    config = readConfig(patient.env);
  } catch {
    return [look("remote", "Not looked at, because of the settings.", "See settings.")];
  }
  const folder = await mkdtemp(join(tmpdir(), "nightdesk-doctor-"));
  try {
    const fetched = await fetchAside(config, patient.env, folder);
    return [await compare(patient, base, fetched), ...(await checkClock(patient, fetched))];
  } catch (error) {
    if (!NightdeskError.is(error)) throw error;
    const todo = "Nothing is lost: changes wait here and go out by themselves once it can be reached.";
    return [look("remote", describeError(error), todo)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(
  { env, statePath }: Patient,
  base: string | null,
  { tip, gitDir }: FetchedAside,
): Promise<Check> {
  if (tip === base)
    return ok("remote", tip === null ? "Reached; empty." : `Reached; at ${short(tip)}, as here.`);
  if (base === null)
    return look("remote", "Reached, but this machine has not synced with it yet.", "Start vault-sync.");
  const older = look(
    "remote",
    "The remote is older than what this machine has synced: it was put back from a backup.",
    "Sync brings it forward by itself when it runs.",
  );
  if (tip === null) return older;
  const theirs = await ancestorsOf({ gitDir, env, tip });
  if (theirs.has(base))
    return ok("remote", `Reached; at ${short(tip)}, with news this machine has not taken in yet.`);
  const ours = await ancestorsOf({ gitDir: join(statePath, "git"), env, tip: base });
  if (ours.has(tip)) return older;
  const shared = [...ours].find((commit) => theirs.has(commit));
  return broken(
    "remote",
    `The remote's history was rewritten: ${short(base)}, which this machine synced, is not in it any more (it differs ${shared === undefined ? "from the beginning" : `after ${short(shared)}`}).`,
    "Nothing of it is taken. If you did not rewrite it yourself, treat the remote as taken over: npm run nightdesk -- repair",
  );
}

async function ancestorsOf(options: Parameters<typeof openHistory>[0]): Promise<Set<string>> {
  const history = await openHistory(options);
  try {
    return await history.ancestors();
  } finally {
    await history.close();
  }
}

export function short(commit: string): string {
  return commit.slice(0, 10);
}

/** Machines differ by seconds; minutes make expiry and undo windows wrong. */
const CLOCK_OFF_MS = 2 * 60_000;

/** A commit from the future tells that one of the two clocks is wrong. A mail server's date settles it where it can be asked. */
async function checkClock(
  { clock, env, settings }: Patient,
  { tip, gitDir }: FetchedAside,
): Promise<Check[]> {
  const served = await askMailServer(settings["GMAIL_BASE_URL"] ?? "https://gmail.googleapis.com");
  const now = clock.now();
  if (served !== null) {
    const offMs = now - served;
    const off = `This machine's clock is ${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? "ahead of" : "behind"} the mail server's.`;
    if (Math.abs(offMs) > CLOCK_OFF_MS)
      return [look("clock", off, "Set the clock, best by the network (NTP).")];
    return [ok("clock", "As the mail server's.")];
  }
  if (tip === null) return [];
  const history = await openHistory({ gitDir, env, tip });
  try {
    const aheadMs = (await history.readCommit(tip)).committedAtMs - now;
    if (aheadMs <= CLOCK_OFF_MS)
      return [ok("clock", "Not behind the newest commit; the mail server was not asked.")];
    const says = `The newest commit at the remote is ${Math.round(aheadMs / 60_000)} minutes in the future.`;
    return [look("clock", says, "Set this machine's clock, or the other's, best by the network (NTP).")];
  } finally {
    await history.close();
  }
}

/** The server's own time, in milliseconds; null when it does not answer. Nothing is sent but the question. */
async function askMailServer(url: string): Promise<number | null> {
  try {
    const answer = await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(3_000),
    });
    const at = Date.parse(answer.headers.get("date") ?? "");
    return Number.isNaN(at) ? null : at;
  } catch {
    return null;
  }
}

/** A running sync says so every 10 s. */
const SILENT_MS = 5 * 60_000;

/** What vault-sync says of itself. */
export async function checkSyncStatus({ statePath, clock }: Patient, isRunning: boolean): Promise<Check[]> {
  const text = await readFile(join(statePath, SYNC_STATUS_FILE), "utf8").catch(() => null);
  if (text === null)
    return [look("sync", "It has not run here yet.", "Start vault-sync: pm2 start ecosystem.config.cjs")];
  const status = syncStatusSchema.safeParse(parseJson(text)).data;
  if (!status)
    return [look("sync", "Its report cannot be read.", "vault-sync writes a new one when it starts.")];
  const checks: Check[] = [];
  if (status.state === "stopped")
    checks.push(
      broken("sync", `Stopped: ${status.message}`, "See what puts it right: npm run nightdesk -- repair"),
    );
  else if (status.state === "offline")
    checks.push(look("sync", status.message, "It goes on by itself once the remote can be reached."));
  else if (status.message !== "In step.")
    checks.push(look("sync", status.message, "The rest goes on; do what the sentence says."));
  if (status.refused.length > 0) {
    const last = status.refused.at(-1);
    checks.push(
      look(
        "sync",
        `${count(status.refused.length, "change")} of the other machine's refused and taken back, the last one "${last?.path ?? ""}" because ${last?.reason ?? ""}`,
        "One can be a mistake; several mean that the other machine is not itself.",
      ),
    );
  }
  const silentMs = clock.now() - Date.parse(status.lastSyncAt ?? "");
  if (isRunning && status.state === "ok" && silentMs > SILENT_MS)
    checks.push(
      look(
        "sync",
        `Nothing was heard of it for ${Math.round(silentMs / 60_000)} minutes.`,
        "Look at its log: pm2 logs vault-sync",
      ),
    );
  return checks.length > 0
    ? checks
    : [ok("sync", `In step, last at ${status.lastSyncAt ?? "an unknown time"}.`)];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
