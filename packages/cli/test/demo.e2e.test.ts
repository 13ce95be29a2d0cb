import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { test } from "node:test";
import { waitFor, withTempDir } from "@nightdesk/testkit";

const PROJECT_ROOT = resolve(import.meta.dirname, "../../..");
const MAIN = join(PROJECT_ROOT, "packages/cli/src/main.ts");
/** What the acceptance allows from the install's end. */
const LIMIT_MS = 180_000;

interface DemoRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the demo as a user does, in a temporary folder of its own, and proves that it left nothing. */
async function runDemo(
  args: string[],
  onStory?: (text: string, kill: (signal: NodeJS.Signals) => void) => void,
  path = process.env["PATH"],
): Promise<DemoRun> {
  return withTempDir(async (folder) => {
    const child = spawn(process.execPath, [MAIN, "demo", ...args], {
      cwd: PROJECT_ROOT,
      env: { PATH: path, HOME: folder, TMPDIR: folder, LANG: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const run: DemoRun = { code: null, stdout: "", stderr: "" };
    const startedMs = performance.now();
    child.stdout.on("data", (chunk: Buffer) => (run.stdout += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => {
      run.stderr += chunk.toString("utf8");
      onStory?.(run.stderr, (signal) => child.kill(signal));
    });
    run.code = await new Promise((done) => child.once("close", done));
    assert.ok(performance.now() - startedMs < LIMIT_MS, "the demo ends within three minutes");
    // `close` means that nobody holds its pipes any more; what detached itself carries the folder's name.
    await waitFor(async () => (await findTraces(folder)).length === 0, {
      what: "every process of the demo to be gone",
      timeoutMs: 2000,
      describe: () => findTraces(folder),
    });
    assert.deepEqual(await readdir(folder), [], "no temporary folder is left");
    return run;
  });
}

/** Processes that name the folder in their command line or environment. Linux only; the demo is tested there. */
async function findTraces(folder: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const traces = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
      const command = await read("cmdline");
      return `${command}\0${await read("environ")}`.includes(folder)
        ? [`${pid} ${command.replaceAll("\0", " ")}`]
        : [];
    }),
  );
  return traces.flat();
}

function lastLine(run: DemoRun): Record<string, unknown> {
  assert.equal(run.code, 0, `the demo failed:\n${run.stderr}\n${run.stdout}`);
  return JSON.parse(run.stdout.trimEnd().split("\n").at(-1) ?? "");
}

function assertFast(result: Record<string, unknown>, key: string, limitMs: number): void {
  const { p50, max } = result[key] as { p50: number; max: number };
  assert.ok(p50 > 0 && p50 <= max && max < limitMs, `${key}: ${p50}, ${max}`);
}

test("mail that came while the laptop was off is drafted, approved by a move, sent once, and both vaults show Done", async () => {
  const run = await runDemo(["--mails", "6", "--json"]);
  const { syncMs, approvedToSentMs, handoverMs, ...counts } = lastLine(run);
  assert.deepEqual(counts, { ok: true, mails: 6, drafted: 5, sent: 5, doubles: 0, lost: 0, threaded: 5 });
  assertFast({ syncMs }, "syncMs", 30_000);
  assertFast({ approvedToSentMs }, "approvedToSentMs", 10_000);
  assert.ok(Number(handoverMs) > 0);
  assert.equal(run.stdout.trimEnd().split("\n").length, 1, "with --json stdout holds the result alone");
  assert.match(run.stderr, /Both vaults show all 6 notes in Done/);
});

test("a forged approval and a changed recipient execute nothing and are told, while a genuine approval is sent", async () => {
  const result = lastLine(await runDemo(["--attack", "forged-approval", "--json"]));
  assert.equal(result["ok"], true);
  assert.deepEqual([result["executed"], result["refused"], result["controlsExecuted"]], [0, 2, 1]);
});

test("killed between the draft's creation, its sending and its record, the laptop sends each mail exactly once", async () => {
  const result = lastLine(await runDemo(["--kill", "local", "--mails", "4", "--json"]));
  assert.deepEqual(
    ["ok", "sent", "doubles", "lost", "threaded", "kills", "parked"].map((key) => result[key]),
    [true, 4, 0, 0, 4, 4, 0],
  );
  assert.deepEqual(Object.values(result["killPoints"] as object), [1, 1, 1, 1]);
});

for (const [signal, moment, code] of [
  ["SIGINT", "The cloud runs", 130],
  ["SIGTERM", "The owner moves to Approved/", 143],
] as const) {
  test(`${signal} at "${moment}" ends everything that was started`, async () => {
    let sent = false;
    const run = await runDemo(["--mails", "2", "--json"], (text, kill) => {
      if (sent || !text.includes(moment)) return;
      sent = true;
      kill(signal);
    });
    assert.equal(run.code, code, run.stderr);
    assert.deepEqual(JSON.parse(run.stdout), { ok: false, error: "DEMO_STOPPED: The demo was stopped." });
  });
}

test("a demo that fails midway says why, shows the programs' last words and leaves nothing", async () => {
  await withTempDir(async (tools) => {
    // The history is read last, when every program runs.
    const real = (process.env["PATH"] ?? "")
      .split(delimiter)
      .find((folder) => existsSync(join(folder, "git")));
    const script = `#!/bin/sh\ncase "$*" in *--name-status*) echo "no history today" >&2; exit 1;; esac\nexec "${real}/git" "$@"\n`;
    await writeFile(join(tools, "git"), script, { mode: 0o755 });
    const run = await runDemo(
      ["--mails", "1", "--json"],
      undefined,
      [tools, process.env["PATH"]].join(delimiter),
    );
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stderr, /The demo failed: GIT_FAILED.*no history today/);
    assert.match(run.stderr, /last lines of the laptop's programs:.*local-agent\.ready/s);
    assert.equal(JSON.parse(run.stdout).ok, false);
  });
});

test("a wrong option starts nothing and says what to write", async () => {
  const run = await runDemo(["--mails", "none"]);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /whole number.*Nothing was started/s);
});
