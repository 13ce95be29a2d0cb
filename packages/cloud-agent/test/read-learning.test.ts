import assert from "node:assert/strict";
import { test } from "node:test";
import { learningLine, learningPath, type LearningRecord } from "@nightdesk/claim-lib";
import { createMemoryVaultFiles } from "@nightdesk/testkit";
import { diffWords } from "../src/diff-words.ts";
import { readLearning } from "../src/read-learning.ts";

function record(over: Partial<LearningRecord>): LearningRecord {
  return {
    v: 1,
    at: "2026-11-21T08:00:00.000Z",
    key: "n1",
    id: "em_0123456789abcdef",
    rev: 1,
    kind: "email_reply",
    category: "request",
    contacts: ["anna@kunde.example"],
    mode: "live",
    outcome: "edited",
    text_sha256: "0",
    drafted: "Hello Anna, Thursday works.",
    final: "Hi Anna, Friday works for us.",
    feedback: "",
    left_out: null,
    ...over,
  };
}

async function vaultWith(records: readonly LearningRecord[]) {
  const files = createMemoryVaultFiles();
  for (const item of records) await files.append(learningPath(item.at), learningLine(item));
  return files;
}

test("the lessons of a contact or a category come newest first, with what the owner changed", async () => {
  const files = await vaultWith([
    record({ key: "a", at: "2026-11-20T08:00:00.000Z" }),
    record({ key: "b", contacts: ["ben@kunde.example"], category: "invoice" }),
    record({ key: "c", outcome: "sent_unchanged", final: null }),
  ]);
  const anna = await readLearning(files, { contact: "Anna@Kunde.example", limit: 5 });
  assert.deepEqual(
    anna.map(({ key }) => key),
    ["c", "a"],
  );
  assert.deepEqual(anna[1]?.changes, [
    { removed: "Hello", added: "Hi" },
    { removed: "Thursday works.", added: "Friday works for us." },
  ]);
  assert.deepEqual(
    (await readLearning(files, { category: "invoice", limit: 5 })).map(({ key }) => key),
    ["b"],
  );
  assert.equal((await readLearning(files, { limit: 2 })).length, 2);
});

test("of a reason that was written bit by bit the last one counts", async () => {
  const rejected = { outcome: "rejected", final: null } as const;
  const files = await vaultWith([
    record({ ...rejected, key: "x 1", feedback: "" }),
    record({ ...rejected, key: "x 2", feedback: "Shorter" }),
    record({ ...rejected, key: "x 3", at: "2026-11-22T08:00:00.000Z", feedback: "Shorter, please" }),
  ]);
  const lessons = await readLearning(files, { limit: 5 });
  assert.deepEqual(
    lessons.map(({ feedback }) => feedback),
    ["Shorter, please"],
  );
});

test("a torn line, a line of another form and a line of a later version are left out, the rest is read", async () => {
  const files = await vaultWith([record({ key: "a" })]);
  const path = learningPath("2026-11-21");
  await files.append(path, '{"v":1,"at":"2026-11-2\n{"v":2,"at":"2027-01-01T00:00:00.000Z"}\nnull\n');
  await files.append(path, learningLine(record({ key: "b" })));
  assert.deepEqual(
    (await readLearning(files, { limit: 9 })).map(({ key }) => key),
    ["b", "a"],
  );
});

test("no more than a few megabytes are read, however much there is", async () => {
  const files = createMemoryVaultFiles();
  const line = learningLine(record({ drafted: "x".repeat(7_900) }));
  for (let day = 10; day < 30; day += 1)
    await files.write(learningPath(`2026-10-${day}`), line.repeat(Math.ceil(1_000_000 / line.length)));
  let bytes = 0;
  const read = async (path: string) => {
    const text = await files.read(path);
    bytes += text?.length ?? 0;
    return text;
  };
  await readLearning({ ...files, read }, { contact: "nobody@firma.example", limit: 5 });
  assert.ok(bytes > 0 && bytes <= 4 * 1024 * 1024, `${bytes} bytes`);
});

test("words that stayed are not told as changed, wherever they stand", () => {
  assert.deepEqual(diffWords("a b c d", "a b c d"), []);
  assert.deepEqual(diffWords("a b c d", "a x c y d z"), [
    { removed: "b", added: "x" },
    { removed: "", added: "y" },
    { removed: "", added: "z" },
  ]);
  assert.deepEqual(diffWords("", "new text"), [{ removed: "", added: "new text" }]);
  const long = (word: string) => Array.from({ length: 2_000 }, (_, index) => `${word}${index}`).join(" ");
  assert.equal(diffWords(long("a"), long("b")).length, 1);
});
