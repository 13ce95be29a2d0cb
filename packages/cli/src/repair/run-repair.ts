import { parseArgs } from "node:util";
import { describeError, NightdeskError, taskKey } from "@nightdesk/claim-lib";
import { createLogger } from "@nightdesk/daemon-kit/logger";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { parkApprovals, parkOldApprovals } from "@nightdesk/local-agent";
import {
  diagnose,
  makeRepairFolder,
  readConfig,
  rebuildGit,
  recordAnew,
  removeLocks,
  reseed,
  startAnew,
  type MendOptions,
  type OldApproval,
  type Trouble,
  type VaultSyncConfig,
} from "@nightdesk/vault-sync";
import { fail } from "../errors.ts";
import type { CommandWorld } from "../run-command.ts";
import { carryOver, listVaultPaths } from "./carry-over.ts";
import { chooseRemedies, REMEDY_SENTENCES, type Remedy } from "./choose-remedies.ts";
import { holdLocks } from "./hold-locks.ts";

interface RepairOptions {
  check: boolean;
  yes: boolean;
  reseed: string | null;
}

/**
 * `nightdesk repair`: looks at this machine's sync state and its remote, says what is wrong, and with `--yes`
 * puts it right. 0: nothing is wrong (any more); 1: something is.
 */
export async function runRepair(argv: string[], world: CommandWorld): Promise<number> {
  const options = parseOptions(argv);
  const config = readConfig(world.env);
  if (options.reseed !== null && config.AGENT_TYPE === "cloud") {
    throw fail(
      "USAGE",
      "Only the laptop's vault is published into a new repository; nothing was done. Run this on the laptop.",
    );
  }
  const locks = holdLocks(config.STATE_PATH, config.VAULT_PATH);
  try {
    return await lookAndMend(config, options, world);
  } finally {
    for (const lock of locks) lock.release();
  }
}

function parseOptions(argv: string[]): RepairOptions {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        check: { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        reseed: { type: "string" },
      },
    });
    return { check: values.check, yes: values.yes && !values.check, reseed: values.reseed ?? null };
  } catch (error) {
    const why = error instanceof Error ? error.message.split(". ")[0] : "";
    throw fail(
      "USAGE",
      `repair was not understood: ${why}. Nothing was done. "nightdesk help" shows how it is used.`,
    );
  }
}

async function lookAndMend(
  config: VaultSyncConfig,
  options: RepairOptions,
  world: CommandWorld,
): Promise<number> {
  const troubles = await diagnose(config, world.env);
  const remedies = chooseRemedies(config.AGENT_TYPE, troubles, options.reseed !== null);
  if (troubles.length === 0 && remedies.length === 0) {
    world.print("Nothing is wrong with this machine's sync.");
    return 0;
  }
  world.print(["What is wrong:", ...troubles.map(({ sentence }) => `- ${sentence}`)].join("\n"));
  if (remedies.length === 0) {
    world.print(adviceFor(troubles));
    return 1;
  }
  const steps = remedies.map((remedy, index) => `${index + 1}. ${REMEDY_SENTENCES[remedy]}`);
  world.print(["", "What puts it right:", ...steps].join("\n"));
  if (!options.yes) {
    world.print("\nNothing was changed. To do this, run the same with --yes.");
    return 1;
  }
  return mend(config, options, remedies, world);
}

/** What only the owner can do. */
function adviceFor(troubles: readonly Trouble[]): string {
  if (!troubles.some(({ kind }) => kind === "history"))
    return "\nThat is not something a repair can put right: it says above what to do. Nothing was changed.";
  return [
    "",
    "The remote's history cannot be used any more, and a repair never overwrites one. Nothing was changed.",
    "If you did not rewrite it yourself, treat the remote and the cloud machine as taken over: new keys, a new machine.",
    "1. Make a new empty repository where the remote lies: git init --bare /path/to/new.git",
    "2. On the laptop: npm run nightdesk -- repair --reseed ADDRESS --yes",
    "3. Name the address as GIT_REMOTE on both machines; then run repair --yes on the cloud machine.",
  ].join("\n");
}

async function mend(
  config: VaultSyncConfig,
  options: RepairOptions,
  remedies: readonly Remedy[],
  world: CommandWorld,
): Promise<number> {
  const folder = await makeRepairFolder(config.STATE_PATH, systemClock.now());
  const given: MendOptions = { config, env: world.env, folder };
  world.print("");
  for (const remedy of remedies) {
    try {
      const done = await applyRemedy(remedy, given, options.reseed ?? config.GIT_REMOTE);
      world.print(`Done: ${done}`);
    } catch (error) {
      world.printError(NightdeskError.is(error) ? error.message : describeError(error));
      world.print(`It stopped there. What was replaced so far is kept in ${folder.path}`);
      return 1;
    }
  }
  world.print(`What was replaced is kept in ${folder.path}`);
  const isElsewhere = options.reseed !== null && options.reseed !== config.GIT_REMOTE;
  if (isElsewhere)
    world.print(
      `Now set GIT_REMOTE to this repository on both machines: ${options.reseed}\nThen run repair --yes on the cloud machine, and start both.`,
    );
  const left = await diagnose(
    isElsewhere ? { ...config, GIT_REMOTE: options.reseed ?? "" } : config,
    world.env,
  );
  if (left.length > 0) {
    world.print(["Still wrong:", ...left.map(({ sentence }) => `- ${sentence}`)].join("\n"));
    return 1;
  }
  world.print("Nothing is wrong any more. Start the programs again: pm2 start all");
  return 0;
}

/** Does one thing; returns what was done, for the owner. */
async function applyRemedy(remedy: Remedy, given: MendOptions, url: string): Promise<string> {
  switch (remedy) {
    case "park": {
      const moved = await parkApprovals(localPorts(given.config));
      return moved.length === 0 ? "no approval was open." : `put aside: ${moved.join(", ")}`;
    }
    case "locks":
      await removeLocks(given);
      return "the lock is out of the way.";
    case "objects":
      if (await rebuildGit(given)) return "the git directory was fetched anew.";
      await recordAnew(given, (approvals) => parkOld(given.config, approvals));
      return "the git directory was fetched anew, and the record of the last sync written anew.";
    case "record":
      await recordOnce(given);
      return "the record of the last sync was written anew.";
    case "reseed":
      await reseed(given, url);
      return "the vault was published.";
    case "anew": {
      const oldVault = await startAnew(given);
      const carried = oldVault === null ? [] : await carryOver(oldVault, given.config.VAULT_PATH);
      return `the vault was fetched anew; ${carried.length} notes that had not gone out yet were brought back.`;
    }
  }
}

/** A directory that turns out to be damaged as well is fetched anew first. */
async function recordOnce(given: MendOptions): Promise<void> {
  const park = (approvals: readonly OldApproval[]) => parkOld(given.config, approvals);
  try {
    await recordAnew(given, park);
  } catch (error) {
    if (!NightdeskError.is(error) || !error.code.startsWith("OBJECT_")) throw error;
    await rebuildGit(given);
    await recordAnew(given, park);
  }
}

async function parkOld(config: VaultSyncConfig, approvals: readonly OldApproval[]): Promise<void> {
  const paths = await listVaultPaths(config.VAULT_PATH);
  await parkOldApprovals(
    localPorts(config),
    approvals.map(({ path, bytes }) => ({ path, text: Buffer.from(bytes).toString("utf8") })),
    (path) => paths.filter((place) => taskKey(place) === taskKey(path)),
  );
}

function localPorts(config: VaultSyncConfig) {
  return {
    files: createNodeVaultFiles(config.VAULT_PATH),
    clock: systemClock,
    log: createLogger({ name: "repair", level: "silent" }),
  };
}
