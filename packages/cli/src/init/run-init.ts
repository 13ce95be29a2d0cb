import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fail } from "../errors.ts";
import type { CommandWorld } from "../run-command.ts";
import { checkSettings } from "./check-settings.ts";
import { makeSshKey } from "./make-ssh-key.ts";
import { makeState } from "./make-state.ts";
import { seedVault } from "./seed-vault.ts";
import { writeEnvFile } from "./write-env-file.ts";
import { isZone, type Zone } from "./zone.ts";

const PROJECT = resolve(import.meta.dirname, "../../../..");

interface InitOptions {
  /** The settings file's folder; the programs look for it at the top of the project. */
  folder: string;
  zone: Zone | null;
  check: boolean;
  force: boolean;
}

/** `nightdesk init`: writes the settings file, or with `--check` checks it and makes what it names. */
export async function runInit(argv: string[], world: CommandWorld): Promise<number> {
  const options = parseOptions(argv, world.env["AGENT_TYPE"]);
  const file = join(options.folder, ".env");
  return options.check ? checkAndMake(file, options.zone, world) : writeNew(file, options, world);
}

function parseOptions(argv: string[], zoneOfShell: string | undefined): InitOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        type: { type: "string" },
        dir: { type: "string" },
        check: { type: "boolean", default: false },
        force: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    const why = error instanceof Error ? error.message.split(". ")[0] : "";
    throw fail(
      "USAGE",
      `init was not understood: ${why}. Nothing was done. "nightdesk help" shows how it is used.`,
    );
  }
  const type = values.type ?? zoneOfShell;
  if (type !== undefined && !isZone(type)) {
    throw fail(
      "USAGE",
      `"${type}" is no kind of machine; nothing was done. Use --type cloud or --type local.`,
    );
  }
  return {
    folder: resolve(values.dir ?? PROJECT),
    zone: type ?? null,
    check: values.check,
    force: values.force,
  };
}

async function writeNew(file: string, { zone, force }: InitOptions, world: CommandWorld): Promise<number> {
  if (zone === null) {
    throw fail(
      "USAGE",
      "Say which machine this is; nothing was done. Use init --type cloud, or --type local for the laptop.",
    );
  }
  const { keptAs } = await writeEnvFile(file, zone, {
    home: world.env["HOME"] ?? world.env["USERPROFILE"] ?? null,
    force,
  });
  if (keptAs) world.print(`The settings that were there are kept as ${keptAs}`);
  world.print(`Wrote ${file}, readable by you alone.`);
  world.print("Fill in the lines that end with =, then run: npm run nightdesk -- init --check");
  return 0;
}

async function checkAndMake(file: string, zone: Zone | null, world: CommandWorld): Promise<number> {
  const settings = await checkSettings(file, zone);
  const state = await makeState(settings.statePath, settings.zone);
  const ssh = await makeSshKey(settings.statePath, settings.zone, settings.gitRemote);
  const made = [
    ...state,
    ...ssh.made,
    ...(await seedVault(settings.vaultPath, join(PROJECT, "vault-template"))),
  ];
  world.print(`The settings in ${file} are right.`);
  for (const line of made) world.print(`Made ${line}`);
  for (const line of ssh.next) world.print(line);
  world.print(`Start with: AGENT_TYPE=${settings.zone} pm2 start ecosystem.config.cjs`);
  return 0;
}
