import { realpathSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { NightdeskError } from "@nightdesk/claim-lib";
import { parse } from "dotenv";
import type { z } from "zod";
import { errnoOf } from "./durable-write.ts";
import { fail } from "./errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Secrets that can cause an effect. They belong to the laptop; a cloud that holds one does not start. */
export const LOCAL_SECRETS: readonly RegExp[] = [
  /^NIGHTDESK_RECEIPT_KEY$/,
  /^SMTP_PASSWORD$/,
  /^(WHATSAPP|TWILIO|BANK|PAYMENTS|STRIPE|META|LINKEDIN)_/,
  // X_ alone is too common a beginning.
  /^X_(.*_)?(TOKEN|SECRET|KEY|PASSWORD)$/,
];

export interface LoadConfigOptions {
  /** The shell's variables; `main.ts` passes `process.env`. They win over the file. */
  env: Environment;
  /** For each variable what a right value looks like; used in messages. */
  examples: Readonly<Record<string, string>>;
  /** Names no cloud may hold, in place of LOCAL_SECRETS. */
  forbidden?: readonly RegExp[];
}

/**
 * Reads the settings once, from the shell and the `.env` file, and checks them. The shell's own
 * variables are left as they are. Throws CONFIG_INVALID naming every wrong variable with an example,
 * never its value; for a cloud CONFIG_FORBIDDEN_SECRET when it holds a secret of the laptop's.
 */
export function loadConfig<S extends z.ZodObject>(schema: S, options: LoadConfigOptions): z.infer<S> {
  const file = findEnvFile(options.env);
  const merged = mergeEnvironment(file, options.env);
  if (merged["AGENT_TYPE"] === "cloud") refuseLocalSecrets(merged, options.forbidden ?? LOCAL_SECRETS);
  const picked = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => (merged[name] === undefined ? [] : [[name, merged[name]]])),
  );
  const result = schema.safeParse(picked);
  if (!result.success) throw invalid(describeIssues(result.error.issues, picked), file, options.examples);
  refuseStateInVault(result.data, file, options.examples);
  return result.data;
}

/** All variables a program started with this environment sees: the file's, then the shell's. Empty ones count as missing. */
export function readEnvironment(env: Environment): Record<string, string> {
  return mergeEnvironment(findEnvFile(env), env);
}

/**
 * NIGHTDESK_ENV_FILE says where the settings lie; set but empty means that there is no file. Without
 * it, `.env` at the top of the project.
 */
function findEnvFile(env: Environment): string | null {
  const named = env["NIGHTDESK_ENV_FILE"];
  if (named === "") return null;
  return resolve(named ?? join(import.meta.dirname, "../../..", ".env"));
}

function mergeEnvironment(file: string | null, env: Environment): Record<string, string> {
  const fromFile = file === null ? {} : readEnvFile(file, env["NIGHTDESK_ENV_FILE"] !== undefined);
  const merged: Record<string, string> = {};
  for (const [name, value] of [...Object.entries(fromFile), ...Object.entries(env)]) {
    if (value !== undefined && value.trim() !== "") merged[name] = value.trim();
  }
  return merged;
}

function readEnvFile(file: string, mustExist: boolean): Record<string, string> {
  try {
    // Windows has no such bits; there the user's own folder keeps others out.
    if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
      throw fail(
        "CONFIG_INVALID",
        `${file} holds secrets, but other users of this machine may read or change it; nothing was started. Run: chmod 600 "${file}"`,
        { data: { file, variable: basename(file) } },
      );
    }
    return parse(readFileSync(file));
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && !mustExist) return {};
    if (error instanceof Error && error.name === "NightdeskError") throw error;
    throw fail(
      "CONFIG_INVALID",
      `The settings file ${file} could not be read (${errnoOf(error)}); nothing was started. ` +
        "Write one with: nightdesk init",
      { data: { file, variable: "NIGHTDESK_ENV_FILE" } },
    );
  }
}

function refuseLocalSecrets(merged: Record<string, string>, forbidden: readonly RegExp[]): void {
  const found = Object.keys(merged).filter((name) => forbidden.some((pattern) => pattern.test(name)));
  if (found.length === 0) return;
  throw fail(
    "CONFIG_FORBIDDEN_SECRET",
    `This is the cloud (AGENT_TYPE=cloud), and it was given ${found.join(", ")}, which only the laptop may hold; nothing was started. ` +
      "Remove it from the .env file and from the environment of this machine, and change that secret if others can use this machine.",
    { data: { variables: found } },
  );
}

interface Wrong {
  name: string;
  why: string;
}

function describeIssues(issues: readonly z.core.$ZodIssue[], picked: Record<string, string>): Wrong[] {
  return issues.map((issue) => {
    const name = String(issue.path[0] ?? "the settings");
    // A missing value gets one plain sentence; zod's own speaks of types.
    return { name, why: picked[name] === undefined && issue.path.length > 0 ? "is missing" : issue.message };
  });
}

/** One wrong setting, ready to be shown. `init --check` collects them from several programs. */
export interface SettingProblem {
  name: string;
  /** "GIT_REMOTE is missing, for example GIT_REMOTE=..." */
  sentence: string;
}

function invalid(
  wrong: readonly Wrong[],
  file: string | null,
  examples: Readonly<Record<string, string>>,
): NightdeskError {
  const seen = wrong.filter((one, index) => wrong.findIndex((other) => other.name === one.name) === index);
  const problems: SettingProblem[] = seen.map(({ name, why }) => {
    const example = examples[name];
    return {
      name,
      sentence: `${name} ${why}${example === undefined ? "" : `, for example ${name}=${example}`}`,
    };
  });
  return fail(
    "CONFIG_INVALID",
    `Nothing was started, because of the settings${file === null ? "" : ` in ${file}`}:\n${problems.map(({ sentence }) => `  ${sentence}`).join("\n")}`,
    { data: { variables: seen.map(({ name }) => name), problems, file } },
  );
}

/** State holds keys and the journal; in the vault it would be synced to the other machine. */
function refuseStateInVault(
  config: Readonly<Record<string, unknown>>,
  file: string | null,
  examples: Readonly<Record<string, string>>,
): void {
  const { VAULT_PATH: vault, STATE_PATH: state } = config;
  if (typeof vault !== "string" || typeof state !== "string") return;
  const why = findOverlap(realPath(vault), realPath(state));
  if (why) throw invalid([{ name: "STATE_PATH", why }], file, examples);
}

function findOverlap(vault: string, state: string): string | null {
  if (isInside(vault, state)) return "lies inside VAULT_PATH, so keys would be synced; it must lie outside";
  if (isInside(state, vault)) return "holds VAULT_PATH; the two folders must lie beside each other";
  return null;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Follows links as far as the path exists, so that a link cannot hide where a folder lies. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
