import { describeError, NightdeskError } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";

/** What a command may use of the world around it. */
export interface CommandWorld {
  env: Readonly<Record<string, string | undefined>>;
  print: (text: string) => void;
  printError: (text: string) => void;
}

const HELP = `nightdesk: the cloud drafts, you approve by moving a note, the laptop acts once.

  nightdesk init --type cloud|local [--dir DIR] [--force]
      Writes a commented settings file (.env) for this machine. Fill it in, then:
  nightdesk init --check [--dir DIR]
      Checks every value, and makes the state folder, its keys and the vault's folders.
  nightdesk demo [--json] [--manual] [--mails N] [--attack forged-approval] [--kill local] [--keep DIR]
      Plays the whole way of a mail on this machine, with a mail server of its own.
  nightdesk repair [--check] [--yes] [--reseed ADDRESS]
      Says what is wrong with this machine's sync and what would put it right; does it only with --yes.
      Keeps everything it replaces. Stop the programs first: pm2 stop all
  nightdesk log ID [--json] [--no-text]
      Tells one item's whole story: ID is its id, or a part of its file name or path.
  nightdesk doctor [--json] [--full]
      Looks at everything that must hold on this machine, and proves from the git history that no line of
      the audit was ever changed. Changes nothing. --full reads a long history from its beginning again.
  nightdesk replay SEED
      Plays a run of the simulator (npm run sim) again and prints every step of it.
  nightdesk eval triage --in FILE.jsonl --out FILE.jsonl [--provider rules] [--owner ADDRESS]
  nightdesk eval score --gold FILE.jsonl --pred FILE.jsonl
      Judges a file of mails as the cloud would, and compares judgements with labels. See docs/triage.md.
  nightdesk help
      Shows this.

Started from the project's folder as: npm run nightdesk -- COMMAND`;

type Command = (argv: string[], world: CommandWorld) => Promise<number>;

/** Commands load their code when they are called: `help` need not load a mail library. */
const COMMANDS: Readonly<Record<string, Command>> = {
  init: async (argv, world) => (await import("./init/run-init.ts")).runInit(argv, world),
  repair: async (argv, world) => (await import("./repair/run-repair.ts")).runRepair(argv, world),
  log: async (argv, world) => (await import("./log/run-log.ts")).runLog(argv, world),
  doctor: async (argv, world) => (await import("./doctor/run-doctor.ts")).runDoctor(argv, world),
  demo: async (argv) => (await import("./demo/run-demo.ts")).runDemo(argv),
  replay: async (argv, world) => (await import("./run-replay.ts")).runReplay(argv, world),
  eval: async (argv, world) => (await import("./eval/run-eval.ts")).runEval(argv, world),
  help: async (_argv, world) => {
    world.print(HELP);
    return 0;
  },
};

/** Runs one command and returns the exit code: 0 done, 1 not done, 2 not understood. */
export async function runCommand(argv: readonly string[], world: CommandWorld): Promise<number> {
  try {
    return await findCommand(argv[0])(argv.slice(1), world);
  } catch (error) {
    world.printError(NightdeskError.is(error) ? error.message : unforeseen(error));
    return NightdeskError.is(error, "USAGE") ? 2 : 1;
  }
}

function findCommand(name: string | undefined): Command {
  const known = name === undefined || ["--help", "-h"].includes(name) ? "help" : name;
  const command = Object.hasOwn(COMMANDS, known) ? COMMANDS[known] : undefined;
  if (command) return command;
  throw fail(
    "USAGE",
    `There is no command "${known}"; nothing was done. The commands are: ${Object.keys(COMMANDS).join(", ")}. "nightdesk help" explains them.`,
    { data: { command: known } },
  );
}

function unforeseen(error: unknown): string {
  return error instanceof Error && error.stack ? error.stack : describeError(error);
}
