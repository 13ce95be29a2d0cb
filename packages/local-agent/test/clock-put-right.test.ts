import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { approved, createWorld, runFor, startAgent } from "./world.ts";

test("a clock that was a year ahead for one retry keeps nothing that was begun from ending", async () => {
  const world = createWorld();
  await approved(world);
  const { act } = world.server.link;
  let failures = 2;
  world.server.link.act = async (tool, ...rest) => {
    if (tool === "email_commit" && (failures -= 1) >= 0)
      throw new NightdeskError("MCP_UNREACHABLE", "nobody answers", { retry: "safe" });
    return act(tool, ...rest);
  };
  const agent = await startAgent(world);
  await runFor(world, agent, 5);
  assert.equal(failures, 1);
  const { now } = world.clock;
  world.clock.now = () => now() + 365 * 86_400_000;
  await agent.reconciler.look();
  assert.equal(failures, 0);
  world.clock.now = now;
  await runFor(world, agent, 60);
  assert.equal(world.server.sent.length, 1);
});
