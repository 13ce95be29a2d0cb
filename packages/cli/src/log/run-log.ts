import { parseArgs } from "node:util";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createPublicKey, type KeyObject } from "node:crypto";
import { kindsOf } from "@nightdesk/claim-lib";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { openHistory } from "@nightdesk/vault-sync";
import { readPatient, type Patient } from "../doctor/patient.ts";
import { fail } from "../errors.ts";
import type { CommandWorld } from "../run-command.ts";
import { toTerminalJson, toTerminalLine } from "../terminal-text.ts";
import { findTask, type KnownTask } from "./find-task.ts";
import { readLaptopRecords } from "./read-laptop-records.ts";
import { readSteps, type Step } from "./read-steps.ts";
import { readTrail, type Trail, type TrailLine } from "./read-trail.ts";
import { mergeEvents, type StoryEvent } from "./story-event.ts";
import { findDrafter, tellAudit } from "./tell-audit.ts";
import { tellRecords } from "./tell-records.ts";
import { tellSteps } from "./tell-steps.ts";

interface LogOptions {
  asked: string;
  json: boolean;
  noText: boolean;
}

/** `nightdesk log ID`: one item's whole story. Reads only, and may run while the programs do. */
export async function runLog(argv: string[], world: CommandWorld): Promise<number> {
  const options = parseOptions(argv);
  const { patient, checks } = await readPatient(world.env, systemClock);
  if (patient === null) throw fail("CONFIG_INVALID", checks.map(({ says }) => says).join("\n"));
  const task = await findTask(options.asked, patient.vaultPath, patient.statePath);
  const { events, remarks } = await gatherStory(patient, task);
  const told = options.noText ? events.map(({ diff: _diff, ...event }) => event) : events;
  if (options.json) world.print(toTerminalJson({ ...task, events: told, remarks }));
  else for (const line of render(task, told, remarks)) world.print(line);
  return 0;
}

function parseOptions(argv: string[]): LogOptions {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, "no-text": { type: "boolean", default: false } },
    });
    const asked = positionals.join(" ").trim();
    if (asked === "") throw new Error("it takes an item's id, or a part of its file name");
    return { asked, json: values.json, noText: values["no-text"] };
  } catch (error) {
    const why = error instanceof Error ? error.message.split(". ")[0] : "";
    throw fail("USAGE", `log was not understood: ${why}. "nightdesk help" shows how it is used.`);
  }
}

interface Story {
  events: StoryEvent[];
  /** What could not be read, or is not there on this machine. */
  remarks: string[];
}

async function gatherStory(patient: Patient, { id }: KnownTask): Promise<Story> {
  const { vaultPath, statePath, zone, settings } = patient;
  const trail = await readTrail(vaultPath, id);
  const records = await readLaptopRecords(statePath, id);
  const remarks = [...records.unreadable];
  const kinds = kindsOf(await loadChannels((settings["CHANNELS"] ?? "email").split(",")));
  let steps: Step[] = [];
  const history = await openHistory({ gitDir: join(statePath, "git"), env: patient.env });
  try {
    const key = await readOwnKey(statePath);
    const own = key === null ? null : { agent: patient.agent, key };
    if (history.tip === null) remarks.push("Nothing was synced yet, so moves and texts are missing.");
    else steps = await readSteps({ history, kinds, trail, id, own });
  } finally {
    await history.close();
  }
  if (zone === "cloud") remarks.push("This is the cloud: what the laptop keeps to itself is missing.");
  const revOf = (line: TrailLine) => revisionOf(line, trail, steps);
  const events = [
    ...tellRecords(records, steps),
    ...tellAudit(trail, revOf),
    ...tellSteps(steps, (rev) => findDrafter(trail, rev)),
  ];
  return { events: mergeEvents(events), remarks };
}

/** A line that does not say which revision it is about means the newest there was then. */
function revisionOf(
  { parameters, timestamp, target }: TrailLine,
  trail: Trail,
  steps: readonly Step[],
): number {
  const said = parameters["next"] ?? parameters["rev"];
  if (typeof said === "number") return said;
  const named = /-r(\d{1,2})\.md$/.exec(target)?.[1];
  if (named !== undefined) return Number(named);
  const isEarlier = (at: string) => Date.parse(at) <= Date.parse(timestamp);
  const begun = trail.lines
    .filter((line) => isEarlier(line.timestamp))
    .map((line) => line.parameters["next"]);
  const published = steps.filter(({ at }) => isEarlier(at)).map(({ rev }) => rev);
  return Math.max(1, ...begun.filter((rev) => typeof rev === "number"), ...published);
}

async function readOwnKey(statePath: string): Promise<KeyObject | null> {
  try {
    return createPublicKey(await readFile(join(statePath, "keys", "sync.pem")));
  } catch {
    return null;
  }
}

const KIND_WIDTH = 12;
/** As the records write times, which are not the owner's clock. */
const INSTANT = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z/g;

function render(task: KnownTask, events: readonly StoryEvent[], remarks: readonly string[]): string[] {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  // Swedish writes dates as the notes do: 2026-11-23 09:00:05.
  const clock = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone });
  const places = task.places.length === 0 ? "nowhere in the vault" : task.places.join(", ");
  const local = (text: string) => text.replace(INSTANT, (at) => clock.format(Date.parse(at)));
  const lines = events.flatMap(({ at, kind, says, commit, diff }) => {
    const where = commit === undefined ? "" : ` [${commit.slice(0, 10)}]`;
    const line = `${clock.format(Date.parse(at))}  ${kind.padEnd(KIND_WIDTH)} ${toTerminalLine(local(says))}${where}`;
    return diff === undefined
      ? [line]
      : [line, `${" ".repeat(21)}${" ".repeat(KIND_WIDTH + 1)}${toTerminalLine(diff)}`];
  });
  return [
    toTerminalLine(task.file),
    toTerminalLine(`Lies in: ${places}`),
    `Times: ${timeZone}. In brackets: the commit in the shared history.`,
    "",
    ...lines,
    ...remarks.map((remark) => toTerminalLine(`Note: ${remark}`)),
  ];
}
