import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote } from "@nightdesk/claim-lib";
import { checkRefused } from "./check-refused.ts";
import { approved, auditOf, createWorld, kinds, run } from "./world.ts";

interface BadNote {
  name: string;
  change: (text: string) => string;
  sentence: RegExp;
  code: string;
}

const BAD_NOTES: readonly BadNote[] = [
  {
    name: "an unknown key",
    change: (text) => text.replace("kind:", 'bcc: ["evil@x.example"]\nkind:'),
    sentence: /something unknown: bcc/,
    code: "NOTE_UNKNOWN_KEY",
  },
  {
    name: "two editable regions",
    change: (text) => text.replace("## Feedback", "## Reply (edit here)\nAnother text\n\n## Feedback"),
    sentence: /2 times/,
    code: "NOTE_REGIONS",
  },
  {
    name: "letters another encoding than UTF-8 made unreadable",
    change: (text) => text.replace("Thursday works.", "Gr\ufffd\ufffde aus K\ufffdln"),
    sentence: /could not be read.*not saved as UTF-8/,
    code: "TEXT_UNREADABLE",
  },
  {
    name: "no recipient",
    change: (text) => text.replace('to: ["anna@kunde.example"]', "to: []"),
    sentence: /"to".*has no recipient/,
    code: "NOTE_MALFORMED",
  },
  {
    name: "front matter that does not parse",
    change: (text) => text.replace("id: ", "id: [\n"),
    sentence: /cannot be read/,
    code: "NOTE_MALFORMED",
  },
  {
    name: "front matter that could run code",
    change: (text) => text.replace("---\n", "---js\n"),
    sentence: /does not begin with its details/,
    code: "NOTE_MALFORMED",
  },
  {
    name: "another task's id inside",
    change: (text) => text.replace(/em_[0-9a-v]{16}/, "em_0000000000000000"),
    sentence: /different tasks/,
    code: "NAME_MALFORMED",
  },
];

const UNFINISHED: readonly BadNote[] = [
  {
    name: "a placeholder",
    change: (text) => text.replace("Thursday works.", "[date] works."),
    sentence: /gap to fill in: \[date\].*move this note to Approved\/ again/,
    code: "PLACEHOLDER",
  },
  {
    name: "no text",
    change: (text) => text.replace("Hello Anna,\n\nThursday works.", ""),
    sentence: /no text to send/,
    code: "EMPTY_TEXT",
  },
];

for (const { name, change, sentence, code } of UNFINISHED) {
  test(`a note with ${name} comes back with one line on top and its text kept, as often as it is approved, until it is mended`, async () => {
    const world = createWorld();
    const task = await approved(world);
    const pending = `Pending_Approval/email/${task.file}`;
    await world.files.write(`Approved/${task.file}`, change(task.text));
    await run(world);
    await world.files.move(pending, `Approved/${task.file}`);
    await run(world);
    const text = world.files.snapshot()[pending] ?? "";
    assert.equal(world.server.sent.length, 0);
    assert.match(text.split("\n").find((line) => line.startsWith("> [!warning]")) ?? "", sentence);
    assert.equal(parseNote(text, kinds).text, parseNote(change(task.text), kinds).text);
    assert.deepEqual(
      auditOf(world)
        .filter((record) => record["action_type"] === "approval_refused")
        .map((record) => (record["parameters"] as { code: string }).code),
      [code, code],
    );
    await world.files.write(
      pending,
      text.replace(/(?<=## Reply \(edit here\)\n)[^#]*/, "\nFriday works.\n\n"),
    );
    await world.files.move(pending, `Approved/${task.file}`);
    await run(world);
    assert.equal(world.server.sent[0]?.args["body"], "Friday works.");
  });
}

for (const { name, change, sentence, code } of BAD_NOTES) {
  test(`a note with ${name} goes to Needs_Attention with its bytes untouched and a sentence`, async () => {
    const world = createWorld();
    const task = await approved(world);
    const bytes = change(task.text);
    assert.notEqual(bytes, task.text);
    await world.files.write(`Approved/${task.file}`, bytes);
    await run(world);
    checkRefused(world, task.file, bytes, sentence, code);
  });
}

test("a file without a task's name is put aside with a sentence", async () => {
  const world = createWorld();
  await world.files.write("Approved/Untitled.md", "please send");
  await run(world);
  checkRefused(world, "Untitled.md", "please send", /file name/, "NAME_MALFORMED");
});
