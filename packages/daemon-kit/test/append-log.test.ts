import assert from "node:assert/strict";
import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { withTempDir } from "@nightdesk/testkit";
import { decode, openAppendLog } from "../src/append-log.ts";
import { startProgram } from "./start-program.ts";

const ONE = { id: "a1", rev: 1, text: "Grüße\nzwei Zeilen" };
const TWO = { id: "b2", rev: 2 };

it("records come back as they were written, in order, from a private file", () =>
  withTempDir(async (folder) => {
    const path = join(folder, "journal.jsonl");
    const log = openAppendLog(path);
    assert.deepEqual(await log.readAll(), []);
    await Promise.all([log.append(ONE), log.append(TWO)]);
    assert.deepEqual(await openAppendLog(path).readAll(), [ONE, TWO]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  }));

it("cut anywhere by a crash, a log keeps every whole record, and goes on", () =>
  withTempDir(async (folder) => {
    const path = join(folder, "journal.jsonl");
    const log = openAppendLog(path);
    await log.append(ONE);
    const whole = (await readFile(path)).length;
    await log.append(TWO);
    const bytes = await readFile(path);
    for (let cut = whole; cut < bytes.length; cut += 1) {
      for (const zeros of [0, 5]) {
        await writeFile(path, Buffer.concat([bytes.subarray(0, cut), Buffer.alloc(zeros)]));
        // Only the record's last byte, its newline, may be missing without the record being lost.
        const expected = cut === bytes.length - 1 && zeros === 0 ? [ONE, TWO] : [ONE];
        if (zeros === 0 || cut < bytes.length - 1)
          assert.deepEqual(await log.readAll(), expected, `cut at ${cut}`);
        if (zeros > 0 && cut === bytes.length - 1) continue;
        await log.append({ id: "c3" });
        assert.deepEqual(await log.readAll(), [...expected, { id: "c3" }], `cut at ${cut}, then one more`);
      }
    }
  }));

it("a byte changed anywhere is noticed or without harm: no record is ever passed over or altered", () =>
  withTempDir(async (folder) => {
    const path = join(folder, "journal.jsonl");
    const log = openAppendLog(path);
    const records = [ONE, TWO, { id: "c3" }];
    for (const record of records) await log.append(record);
    const bytes = await readFile(path);
    let noticed = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      for (let change = 1; change < 256; change += 1) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        try {
          // Only a newline between two records can go without harm.
          assert.deepEqual(decode(damaged.toString("utf8"), path), records, `byte ${at} ^ ${change}`);
        } catch (error) {
          assert.ok(NightdeskError.is(error, "LEDGER_CORRUPT"), String(error));
          noticed += 1;
        }
      }
    }
    assert.ok(noticed > (bytes.length - 12) * 255, `${noticed} of ${bytes.length * 255}`);
  }));

it("a line that is not of a log is damage, wherever it stands", () =>
  withTempDir(async (folder) => {
    const path = join(folder, "journal.jsonl");
    const log = openAppendLog(path);
    await log.append(ONE);
    await appendFile(path, "hello");
    await assert.rejects(log.readAll(), { code: "LEDGER_CORRUPT" });
  }));

it("a record too long for one atomic write is refused and nothing is written", () =>
  withTempDir(async (folder) => {
    const log = openAppendLog(join(folder, "journal.jsonl"));
    assert.throws(() => log.append({ text: "x".repeat(40_000) }), { code: "RECORD_TOO_LARGE" });
    assert.deepEqual(await log.readAll(), []);
  }));

it("an append that cannot be made durable says so", () =>
  withTempDir(async (folder) => {
    await assert.rejects(openAppendLog(join(folder, "missing", "journal.jsonl")).append(ONE), {
      code: "APPEND_FAILED",
    });
  }));

it("three processes killed while they append to one log lose no acknowledged record and damage none", (t) =>
  withTempDir(async (folder) => {
    const path = join(folder, "presented.jsonl");
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < 3; round += 1) {
      const writers = ["a", "b", "c"].map((name) => ({
        name: `${name}${round}`,
        program: startProgram(t, "append-records.ts", [path, `${name}${round}`]),
      }));
      for (const { program } of writers) await program.nextLine();
      // All three are writing now; each is killed after a different number of further records.
      await Promise.all(
        writers.map(async ({ name, program }, index) => {
          for (let n = 0; n < 10 + index * 7; n += 1) await program.nextLine();
          await program.kill();
          acknowledged.set(name, Number((await program.restOfLines()).at(-1) ?? 10 + index * 7));
        }),
      );
    }
    const records = await openAppendLog(path).readAll();
    for (const [writer, lastAcknowledged] of acknowledged) {
      const numbers = records.filter((record) => record["writer"] === writer).map((record) => record["n"]);
      assert.ok(
        numbers.length > lastAcknowledged,
        `${writer}: ${numbers.length} records, ${lastAcknowledged} acknowledged`,
      );
      assert.deepEqual(
        numbers,
        numbers.map((_, n) => n),
        "each once, in order",
      );
    }
  }));
