import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError, type Clock, type Random } from "@nightdesk/claim-lib";
import { z } from "zod";
import { chooseThinker, thinkFields } from "../src/index.ts";

const schema = z.object(thinkFields);
const clock: Clock = { now: () => 0, sleep: async () => {} };
const random: Random = { bytes: (length) => new Uint8Array(length), fraction: () => 0 };
const ports = {
  clock,
  random,
  fetch,
  loadSkill: async () => ({ name: "x", description: "x", instructions: "x" }),
};

test("without a key the rules think, with a key the model does, and the owner's word wins", () => {
  const name = (env: Record<string, string>) => chooseThinker(schema.parse(env), ports).name;
  assert.equal(name({}), "rules");
  assert.equal(name({ OPENAI_API_KEY: "sk-1", OPENAI_MODEL: "m" }), "m");
  assert.equal(name({ OPENAI_API_KEY: "sk-1", THINK_PROVIDER: "rules" }), "rules");
  assert.equal(
    name({ THINK_PROVIDER: "openai", OPENAI_BASE_URL: "http://127.0.0.1:11434/v1", OPENAI_MODEL: "m" }),
    "m",
  );
});

test("a hosted model without a key stops the start and names the variable", () => {
  assert.throws(
    () => chooseThinker(schema.parse({ THINK_PROVIDER: "openai" }), ports),
    (error: unknown) =>
      NightdeskError.is(error, "CONFIG_INVALID") && error.message.includes("OPENAI_API_KEY"),
  );
});

test("the key is never sent in the clear to another machine", () => {
  for (const url of [
    "http://models.example/v1",
    "http://127.0.0.1.evil.example/v1",
    "ftp://x",
    "not a url",
    "https://u:p@x.example/v1",
    "http://10.0.0.1/v1",
  ]) {
    assert.equal(schema.safeParse({ OPENAI_BASE_URL: url }).success, false, url);
  }
  for (const url of ["https://models.example/v1", "http://localhost:8080/v1", "http://[::1]:1/v1"]) {
    assert.equal(schema.safeParse({ OPENAI_BASE_URL: url }).success, true, url);
  }
});
