import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openAppendLog } from "../src/append-log.ts";

test("the longest recipients a note may have fit into one record, or one mail would stop sync for ever", async () => {
  const log = openAppendLog(join(await mkdtemp(join(tmpdir(), "nd-log-")), "presented.jsonl"));
  const many = Array.from({ length: 20 }, () => `"${"\\".repeat(252)}`);
  const record = { type: "presented", targets: { to: many, cc: many } };
  await log.append(record);
  assert.deepEqual(await log.readAll(), [record]);
});
