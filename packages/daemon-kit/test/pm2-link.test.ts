import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { startProgram } from "./start-program.ts";

const PROGRAM = join(import.meta.dirname, "programs", "stop-cleanly.ts");

/** Starts it as PM2 does: with a channel. */
function startLinked(t: TestContext) {
  const child = fork(PROGRAM, [], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

it("PM2 hears that a daemon is ready, and its figures in one message with their words", async (t) => {
  const child = startLinked(t);
  assert.deepEqual(await once(child, "message"), ["ready", undefined]);
  const [report] = (await once(child, "message")) as [unknown];
  assert.deepEqual(report, {
    type: "axm:monitor",
    data: {
      Queue: { value: 3, unit: "tasks", historic: true },
      "Last sync": { value: "14:03:22", unit: "", historic: true },
    },
  });
});

for (const [how, stop] of [
  ["PM2's message on Windows", (child: ReturnType<typeof startLinked>) => child.send("shutdown")],
  ["the end of PM2 itself", (child: ReturnType<typeof startLinked>) => child.disconnect()],
] as const) {
  it(`${how} ends a daemon cleanly`, async (t) => {
    const child = startLinked(t);
    await once(child, "message");
    const ended = once(child, "exit");
    stop(child);
    assert.deepEqual(await ended, [0, null]);
  });
}

for (const [how, signal, lines, code] of [
  ["clean", "SIGINT", ["cleaned up"], 0],
  ["clean", "SIGTERM", ["cleaned up"], 0],
  ["throw", "SIGTERM", ["told"], 1],
  ["hang", "SIGTERM", [], 1],
] as const) {
  it(`without PM2 it runs as well, and ${signal} ends it with ${code} when its end is "${how}"`, async (t) => {
    const program = startProgram(t, "stop-cleanly.ts", [how]);
    assert.equal(await program.nextLine(), "up");
    const ended = once(program.child, "exit");
    program.child.kill(signal);
    program.child.kill(signal);
    assert.deepEqual(await program.restOfLines(), lines);
    assert.deepEqual(await ended, [code, null]);
  });
}
