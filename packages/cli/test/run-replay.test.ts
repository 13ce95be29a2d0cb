import assert from "node:assert/strict";
import { it } from "node:test";
import { runCli } from "./run-cli.ts";

it('"nightdesk replay" plays a run of the simulator again, step by step', async () => {
  const { code, out, err } = await runCli(["replay", "crash:claim:20.none"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^--- cloud stops right after ".+"; what survives: none$/m);
  assert.match(out, /^local push [0-9a-f]{8}$/m);
  assert.match(out, /every promise was kept$/);
});

for (const argv of [["replay"], ["replay", "nonsense"], ["replay", "random:1", "random:2"]]) {
  it(`"nightdesk ${argv.join(" ")}" is answered with a sentence and exit code 2`, async () => {
    const { code, out, err } = await runCli(argv);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /nothing was (done|run)/);
  });
}
