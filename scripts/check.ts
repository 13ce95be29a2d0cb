import { spawnSync } from "node:child_process";
import { checkDependencyRule } from "./dependency-rule.ts";
import { findStaleDocs } from "./render-docs.ts";

/** `npm run check`: format, lint, types, unused code, dependency rule, generated pages. All are run; any finding fails. */
const STEPS: [name: string, command: string, args: string[]][] = [
  ["format", "oxfmt", ["--check"]],
  ["lint", "oxlint", ["packages", "scripts"]],
  ["types", "tsc", ["-p", "."]],
  ["unused code", "knip", ["--no-progress"]],
];

let failed = false;
for (const [name, command, args] of STEPS) {
  const run = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  report(name, run.status === 0);
}
const violations = checkDependencyRule();
for (const violation of violations) process.stdout.write(`${violation}\n`);
report("dependency rule", violations.length === 0);
const stale = await findStaleDocs();
for (const path of stale)
  process.stdout.write(`${path} is not what the code says; run: node scripts/render-docs.ts\n`);
report("pages made from code", stale.length === 0);
process.exitCode = failed ? 1 : 0;

function report(name: string, ok: boolean): void {
  failed ||= !ok;
  process.stdout.write(`${ok ? "ok    " : "FAILED"} ${name}\n`);
}
