import { parseArgs } from "node:util";
import { resolve } from "node:path";
import { fail } from "./errors.ts";

export interface DemoOptions {
  /** How many mails arrive in all. */
  mails: number;
  /** Where everything is left for a recount; null for a temporary folder that is removed. */
  keep: string | null;
  json: boolean;
  /** The owner moves the notes by hand. */
  manual: boolean;
  attack: "forged-approval" | null;
  kill: "local" | null;
  /** Who keeps the mailbox. */
  provider: "gmail" | "imap";
  help: boolean;
}

export const DEMO_USAGE = `npm run demo -- [options]

Mail arrives while the laptop is off, the cloud drafts, the owner approves by moving a note,
the laptop sends each reply once. Everything runs on this machine, with a pretend mailbox.

  --mails N                 how many mails arrive (1 to 200; default 7: one of each kind while
                            the laptop is off, and one more when both sides run;
                            with --attack 2)
  --manual                  you move the notes; the demo waits for you
  --attack forged-approval  a stolen cloud key forges an approval and changes a recipient
  --kill local              the laptop's programs are killed in the middle of sending
  --keep DIR                leave remote, vaults, logs and mailbox in DIR (new or empty)
  --provider imap           a mailbox on a real Dovecot and Postfix of this machine (as root; they are
                            installed from Debian where they are missing) instead of the pretended one
  --json                    the last line of the output is the result as JSON
  --help                    this text
`;

/** One of each kind of mail the demo knows arrives while the laptop is off, and one later. */
const DEFAULT_MAILS = 7;
/** One note to attack, and a genuine approval beside it. */
const DEFAULT_MAILS_ATTACKED = 2;
/** Kills are made at four points, and each needs a mail of its own that is answered. */
const MIN_MAILS_TO_KILL = 4;
/** Above this the run would take longer than anybody watches. */
const MAX_MAILS = 200;

/** Reads the demo's options. Throws DEMO_USAGE with what to write instead. */
export function parseDemoArguments(argv: readonly string[], cwd: string): DemoOptions {
  const values = readValues(argv);
  const options: DemoOptions = {
    mails: readCount(values.mails, values.attack === undefined ? DEFAULT_MAILS : DEFAULT_MAILS_ATTACKED),
    keep: values.keep === undefined ? null : readFolder(values.keep, cwd),
    json: values.json ?? false,
    manual: values.manual ?? false,
    attack: readChoice("--attack", values.attack, "forged-approval"),
    kill: readChoice("--kill", values.kill, "local"),
    provider:
      values.provider === "gmail" ? "gmail" : (readChoice("--provider", values.provider, "imap") ?? "gmail"),
    help: values.help ?? false,
  };
  refuseCombinations(options);
  return options;
}

function readValues(argv: readonly string[]) {
  try {
    return parseArgs({
      args: argv.filter((argument) => argument !== "--"),
      allowPositionals: false,
      options: {
        mails: { type: "string" },
        keep: { type: "string" },
        json: { type: "boolean" },
        manual: { type: "boolean" },
        attack: { type: "string" },
        kill: { type: "string" },
        provider: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const words = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw usage(words, error);
  }
}

function readCount(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_MAILS)
    throw usage(`--mails must be a whole number from 1 to ${MAX_MAILS}, not "${text}"`);
  return count;
}

function readFolder(text: string, cwd: string): string {
  if (text.trim() === "") throw usage("--keep needs a folder, for example --keep /tmp/nightdesk-demo");
  return resolve(cwd, text);
}

function readChoice<T extends string>(option: string, text: string | undefined, known: T): T | null {
  if (text === undefined) return null;
  if (text !== known) throw usage(`${option} knows only "${known}", not "${text}"`);
  return known;
}

function refuseCombinations(options: DemoOptions): void {
  const chosen = [
    options.manual && "--manual",
    options.attack && "--attack",
    options.kill && "--kill",
  ].filter(Boolean);
  if (chosen.length > 1) throw usage(`${chosen.join(" and ")} cannot be combined; choose one`);
  if (options.kill && options.mails < MIN_MAILS_TO_KILL) {
    throw usage(`--kill needs at least ${MIN_MAILS_TO_KILL} mails`);
  }
  if (options.kill && options.provider === "imap")
    throw usage("--kill needs the pretend mailbox: a real mail server cannot be stopped half-way");
  if (options.attack && options.mails < 2)
    throw usage("--attack needs at least 2 mails: one attacked, one genuine");
}

function usage(what: string, cause?: unknown) {
  return fail("DEMO_USAGE", `${what}. Nothing was started.\n\n${DEMO_USAGE}`, { cause });
}
