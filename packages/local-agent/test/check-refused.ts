import assert from "node:assert/strict";
import { auditOf, reasonOf, type World } from "./world.ts";

/** Nothing went out, the bytes are untouched in Needs_Attention, and a sentence and an audit record say why. */
export function checkRefused(
  world: World,
  file: string,
  bytes: string,
  sentence: RegExp,
  code: string,
): void {
  assert.equal(world.server.sent.length, 0);
  assert.equal(world.files.snapshot()[`Needs_Attention/${file}`], bytes);
  assert.match(reasonOf(world, file), sentence);
  const refused = auditOf(world).filter((record) => record["action_type"] === "approval_refused");
  assert.deepEqual(
    refused.map((record) => (record["parameters"] as { code: string }).code),
    [code],
  );
}
