import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { installDebianPackages } from "./debian-packages.ts";

/**
 * `npm test [-- PATTERN ...]`: every package's tests in one run of node's own runner, whose closing
 * lines it prints. Tests that start whole systems end in `.e2e.test.ts` and run last, one at a time:
 * on two cores they would only slow each other down and make latencies meaningless.
 */
const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
const all = ["packages/*/test/**/*.test.ts", "scripts/*.test.ts"]
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .filter((file) => wanted.length === 0 || wanted.some((text) => file.includes(text)))
  .sort();
const whole = all.filter((file) => file.endsWith(".e2e.test.ts"));
const parts = all.filter((file) => !whole.includes(file));

if (all.length === 0) {
  process.stderr.write(`No test file matches: ${wanted.join(" ")}\n`);
  process.exit(1);
}
installDebianPackages();
const started = Date.now();
const codes = [await run(parts, 2), await run(whole, 1)];
process.stdout.write(`\nThe whole of it took ${Math.round((Date.now() - started) / 1000)} s.\n`);
process.exitCode = Math.max(...codes);

function run(files: string[], concurrency: number): Promise<number> {
  if (files.length === 0) return Promise.resolve(0);
  const args = [
    "--disable-warning=ExperimentalWarning",
    "--test",
    `--test-concurrency=${concurrency}`,
    ...files,
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => {
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
