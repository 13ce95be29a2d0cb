import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { openJournal, type JournalRecord } from "../src/journal.ts";
import { createMemoryLog } from "./world.ts";

const AT = "2026-11-21T08:00:00.000Z";

function intent(nonce: string, id = "em_0123456789abcdef"): JournalRecord {
  return {
    type: "intent",
    id,
    rev: 1,
    channel: "email",
    file: "x.md",
    tool: "email_reply",
    account: "a@b.example",
    mode: "live",
    args_sha256: "0".repeat(64),
    nonce,
    receipt: { receipt: "r", signature: "s" },
    approved_at: AT,
    at: AT,
  };
}

function step(type: "prepared" | "committed" | "done", nonce: string): JournalRecord {
  const base = { id: "em_0123456789abcdef", nonce, at: AT };
  if (type === "prepared") return { type, ...base, handle: `h-${nonce}` };
  return type === "committed" ? { type, ...base, ref: "m1", sent_at: AT } : { type, ...base };
}

const isCode = (code: string) => (error: unknown) => NightdeskError.is(error, code);

test("a task with a handle never gets a second effect", async () => {
  for (const upTo of [1, 2, 3]) {
    const journal = await openJournal(createMemoryLog());
    const steps = [step("prepared", "a"), step("committed", "a"), step("done", "a")];
    for (const record of [intent("a"), ...steps.slice(0, upTo)]) await journal.append(record);
    await assert.rejects(journal.append(intent("b")), isCode("ALREADY_EXECUTED"));
  }
});

test("of two beginnings at the same moment one is refused", async () => {
  const journal = await openJournal(createMemoryLog());
  const results = await Promise.allSettled([journal.append(intent("a")), journal.append(intent("b"))]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("an intent that never got a handle may be begun again, and its old nonce is worth nothing", async () => {
  const journal = await openJournal(createMemoryLog());
  await journal.append(intent("a"));
  await journal.append(intent("b"));
  await assert.rejects(journal.append(step("prepared", "a")), isCode("JOURNAL_CONTRADICTION"));
  await journal.append(step("prepared", "b"));
  assert.equal(journal.get("em_0123456789abcdef")?.handle, "h-b");
});

test("after a failed write the journal says what the file says, whether the line is there or not", async () => {
  for (const isThere of [true, false]) {
    const log = createMemoryLog();
    const journal = await openJournal(log);
    await journal.append(intent("a"));
    const append = log.append;
    log.append = async (record) => {
      if (isThere) await append(record);
      throw new NightdeskError("APPEND_FAILED", "It may or may not stand there.", { retry: "safe" });
    };
    await assert.rejects(journal.append(step("prepared", "a")), isCode("APPEND_FAILED"));
    log.append = append;
    assert.equal(journal.get("em_0123456789abcdef")?.state, isThere ? "prepared" : "intent");
  }
});

test("while the file cannot be read after a failed write, nothing more is recorded", async () => {
  const log = createMemoryLog();
  const journal = await openJournal(log);
  const { append, readAll } = log;
  log.append = async () => Promise.reject(new NightdeskError("APPEND_FAILED", "Full.", { retry: "safe" }));
  log.readAll = async () => Promise.reject(new NightdeskError("FILE_FAILED", "Gone.", { retry: "safe" }));
  await assert.rejects(journal.append(intent("a")), isCode("APPEND_FAILED"));
  log.append = append;
  await assert.rejects(journal.append(intent("a")), isCode("FILE_FAILED"));
  log.readAll = readAll;
  await journal.append(intent("a"));
  assert.equal(log.lines.length, 1);
});

test("a journal whose lines contradict each other is refused whole", async () => {
  const log = createMemoryLog();
  for (const record of [intent("a"), step("prepared", "a"), intent("b")]) await log.append(record);
  await assert.rejects(openJournal(log), isCode("JOURNAL_CONTRADICTION"));
});

test("a task put aside as surely not done may be begun again; one nobody knows of may not", async () => {
  for (const effect of ["none", "unknown"] as const) {
    const journal = await openJournal(createMemoryLog());
    await journal.append(intent("a"));
    await journal.append(step("prepared", "a"));
    await journal.append({
      type: "parked",
      id: "em_0123456789abcdef",
      nonce: "a",
      effect,
      reason: "r",
      at: AT,
    });
    if (effect === "none") await journal.append(intent("b"));
    else await assert.rejects(journal.append(intent("b")), isCode("ALREADY_EXECUTED"));
  }
});
