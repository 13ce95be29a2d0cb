import { spawnSync } from "node:child_process";
import { checkDependencyRule } from "./dependency-rule.ts";

/** `npm run check`: format, lint, types, unused code, dependency rule. All are run; any finding fails. */
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
process.exitCode = failed ? 1 : 0;

function report(name: string, ok: boolean): void {
  failed ||= !ok;
  process.stdout.write(`${ok ? "ok    " : "FAILED"} ${name}\n`);
}
