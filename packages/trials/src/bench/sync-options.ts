import { parseArgs } from "node:util";
import { describeError } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";

/** What is measured side by side, in the order of the tables. */
export const MODES = {
  announced: "ours, announced, both ends over ssh",
  deployed: "ours, announced, laptop over ssh, cloud beside the remote",
  polled: "ours, polled, both ends over ssh",
  "syncthing-fast": "Syncthing, fsWatcherDelayS=1",
  syncthing: "Syncthing, as it comes (10 s)",
  git: "plain git: add, commit, push, fetch, merge",
} as const;
export type ModeId = keyof typeof MODES;

export interface SyncOptions {
  sizes: number[];
  rounds: number;
  idleMs: number;
  modes: ModeId[];
  /** The owner's moves while two agents race for tasks. */
  contention: boolean;
  /** Nothing is printed but the last line. */
  json: boolean;
  help: boolean;
}

export const SYNC_USAGE = `npm run bench -- sync [options]

From a rename on one machine to the same rename on the other, side by side in one run; then what an
idle minute costs. Everything runs on this machine; sshd and Syncthing are installed from Debian where
that is possible. The last line is the result as JSON.

  --sizes 100,10000,100000   notes in the vault
  --rounds 20                renames for each mode
  --idle-seconds 60          how long nothing happens
  --modes announced,git      only these: ${Object.keys(MODES).join(", ")}
  --no-contention            leave out the owner's moves while agents race
  --json                     only the last line
`;

/** 50 of them wait, 20 are to be approved; those are moved. */
const MIN_NOTES = 100;
const MAX_NOTES = 1_000_000;

/** Reads the bench's options. Throws USAGE. */
export function parseSyncOptions(argv: readonly string[]): SyncOptions {
  const values = readValues(argv);
  const known = Object.keys(MODES) as ModeId[];
  const modes = list(values.modes ?? known.join(","));
  const unknown = modes.find((mode) => !Object.hasOwn(MODES, mode));
  if (unknown !== undefined || modes.length === 0)
    throw usage(`--modes takes ${known.join(", ")}, with commas between them.`);
  return {
    sizes: list(values.sizes).map((text) => readNumber("--sizes", text, MIN_NOTES, MAX_NOTES)),
    rounds: readNumber("--rounds", values.rounds, 1, 1_000),
    idleMs: readNumber("--idle-seconds", values["idle-seconds"], 1, 3_600) * 1000,
    modes: known.filter((mode) => modes.includes(mode)),
    contention: !values["no-contention"],
    json: values.json,
    help: values.help,
  };
}

function readValues(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        sizes: { type: "string", default: "100,10000,100000" },
        rounds: { type: "string", default: "20" },
        "idle-seconds": { type: "string", default: "60" },
        modes: { type: "string" },
        "no-contention": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    throw usage(describeError(error));
  }
}

function list(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw usage(`${name} takes whole numbers from ${min} to ${max}.`);
}

function usage(what: string) {
  return fail("USAGE", `${what} Nothing was started.\n\n${SYNC_USAGE}`);
}
