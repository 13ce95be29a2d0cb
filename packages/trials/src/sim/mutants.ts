import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { fail } from "../errors.ts";

const run = promisify(execFile);

const ROOT = join(import.meta.dirname, "../../../..");
const OWN_PATCHES = join(ROOT, "packages/trials/mutants");
/** A weakening that is not noticed within so much computing is a hole in the simulator: 25 s of sync, 20 s of execution. */
const HUNT_SECONDS = 45;
/** Patches of the execution, by their names: the sync need not be tried on them. */
const OF_EXECUTION = /^exec-/;
const AT_ONCE = 2;

type Print = (line: string) => void;

export interface MutantResult {
  name: string;
  outcome: "caught" | "not caught" | "does not apply" | "does not start";
  /** What caught it, or why it could not be tried. */
  detail: string;
}

/**
 * Weakens a copy of the packages by each patch and lets the copy's own simulator run, until it notices or the time
 * is over. Before that the unchanged copy must pass.
 * @param folders where patches lie; by default those of this package
 * @returns 0 when every weakening was caught and the unchanged copy was not
 */
export async function runMutants(folders: readonly string[], print: Print): Promise<number> {
  const patches = await findPatches(folders.length === 0 ? [OWN_PATCHES] : folders);
  const results: MutantResult[] = [];
  const queue: (string | null)[] = [null, ...patches];
  const work = async () => {
    for (let patch = queue.shift(); patch !== undefined; patch = queue.shift()) {
      const result = await tryPatch(patch);
      results.push(result);
      print(`${result.outcome.padEnd(14)} ${result.name}: ${result.detail}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const control = results.find(({ name }) => name === CONTROL);
  const mutants = results.filter(({ name }) => name !== CONTROL);
  const caught = mutants.filter(({ outcome }) => outcome === "caught").length;
  const isClean = control?.outcome === "not caught";
  print(JSON.stringify({ mutants: mutants.length, caught, control: isClean ? "clean" : "broken" }));
  return caught === mutants.length && isClean ? 0 : 1;
}

const CONTROL = "the unchanged code";

async function findPatches(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => {
      throw fail("USAGE", `There is no folder "${folder}" with patches; nothing was run.`);
    });
    found.push(...names.filter((name) => /\.(patch|diff)$/.test(name)).map((name) => join(folder, name)));
  }
  if (found.length === 0) throw fail("USAGE", "No *.patch or *.diff was found; nothing was run.");
  return found.sort();
}

/** @param patch null for the unchanged code */
export async function tryPatch(patch: string | null, seconds = HUNT_SECONDS): Promise<MutantResult> {
  const name = patch === null ? CONTROL : basename(patch).replace(/\.(patch|diff)$/, "");
  const copy = await mkdtemp(join(tmpdir(), "nightdesk-mutant-"));
  try {
    await copyPackages(copy);
    if (patch !== null) {
      const problem = await applyPatch(copy, patch);
      if (problem !== null) return { name, outcome: "does not apply", detail: problem };
    }
    return { name, ...(await hunt(copy, seconds, OF_EXECUTION.test(name) ? ["--only", "execution"] : [])) };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Links of the package manager are relative, so they lead to the copy's own packages and the real libraries. */
async function copyPackages(copy: string): Promise<void> {
  await mkdir(join(copy, "packages"));
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  await cp(join(ROOT, "package.json"), join(copy, "package.json"));
  await cp(join(ROOT, "packages"), join(copy, "packages"), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !/[/\\]packages[/\\][^/\\]+[/\\](test|mutants)$/.test(source),
  });
  await cp(join(ROOT, "skills"), join(copy, "skills"), { recursive: true }).catch(() => undefined);
}

/** From strict to lenient: a context that moved a little, then lines around it that changed. Nothing is applied in part. */
const WAYS_TO_APPLY: readonly (readonly [string, ...string[]])[] = [
  ["git", "apply"],
  ["git", "apply", "-C1", "--recount", "--ignore-whitespace"],
  ["patch", "-p1", "--fuzz=2", "--batch", "--forward", "--dry-run", "-i"],
  ["patch", "-p1", "--fuzz=2", "--batch", "--forward", "--no-backup-if-mismatch", "-i"],
];

/** Null when it applied; else why not. */
async function applyPatch(copy: string, patch: string): Promise<string | null> {
  const text = await readFile(patch, "utf8");
  if (!text.includes("+++ ")) return "it is no patch";
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir(), GIT_DIR: "/nonexistent" };
  let problem = "";
  for (const [program, ...args] of WAYS_TO_APPLY) {
    try {
      await run(program, [...args, resolve(patch)], { cwd: copy, env });
      if (!args.includes("--dry-run")) return null;
    } catch (error) {
      problem ||= firstLine(error);
      if (args.includes("--dry-run")) return problem;
    }
  }
  return problem;
}

function firstLine(error: unknown): string {
  if (error instanceof Error && "stderr" in error) return String(error.stderr).split("\n")[0] ?? "";
  return String(error);
}

async function hunt(
  copy: string,
  seconds: number,
  part: readonly string[],
): Promise<Pick<MutantResult, "outcome" | "detail">> {
  const limits = ["--hunt", "--workers", "1", "--seconds", String(seconds), "--seed", "1", ...part];
  const { code, stdout, stderr } = await runSim(copy, limits, seconds);
  if (code === 0) return { outcome: "not caught", detail: `nothing noticed in ${seconds} s` };
  const seed = /nightdesk replay (\S+)/.exec(stdout)?.[1];
  if (code !== 1 || seed === undefined) {
    const first = stderr.split("\n").find((line) => line.includes("Error")) ?? stderr.slice(0, 200);
    return { outcome: "does not start", detail: first };
  }
  // A seed that does not bring it back is no proof.
  const again = await runSim(copy, ["--replay", seed], seconds);
  const broken = /^BROKEN: (.*)$/m.exec(again.stdout)?.[1];
  if (broken === undefined)
    return { outcome: "not caught", detail: `${seed} broke a promise once and not again` };
  return { outcome: "caught", detail: `${seed} (${broken.slice(0, 160)})` };
}

async function runSim(
  copy: string,
  args: readonly string[],
  seconds: number,
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  try {
    const main = join(copy, "packages/trials/src/sim/main.ts");
    const options = { cwd: copy, timeout: (seconds * 20 + 60) * 1000, maxBuffer: 64 * 1024 * 1024 };
    return { code: 0, ...(await run(process.execPath, [main, ...args], options)) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { stdout: "", stderr: error.message, code: null, ...error };
  }
}
