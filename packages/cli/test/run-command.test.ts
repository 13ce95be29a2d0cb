import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { runCli } from "./run-cli.ts";

for (const argv of [[], ["help"], ["--help"]]) {
  it(`"nightdesk ${argv.join(" ")}" explains the commands`, async () => {
    const { code, out, err } = await runCli(argv);
    assert.deepEqual([code, err], [0, ""]);
    for (const command of ["init --type", "init --check", "demo"]) assert.ok(out.includes(command), command);
  });
}

for (const argv of [
  ["launch"],
  ["constructor"],
  ["init", "--what"],
  ["init", "stray"],
  ["init", "--type", "server"],
  ["init"],
]) {
  it(`"nightdesk ${argv.join(" ")}" is answered with one sentence and exit code 2`, async () => {
    const { code, out, err } = await runCli(argv);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /[Nn]othing was done/);
    assert.equal(err.split("\n").length, 1, err);
  });
}

it("the program itself gives that exit code and writes the sentence to stderr", async () => {
  const program = join(import.meta.dirname, "../src/main.ts");
  const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>(
    (resolve) => {
      execFile(process.execPath, [program, "launch"], (error, stdout, stderr) =>
        resolve({ code: error?.code, stdout, stderr }),
      );
    },
  );
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /There is no command "launch"/);
});
