import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRefused } from "./check-refused.ts";
import { approved, createWorld, run } from "./world.ts";

const BAD_NOTES: { name: string; change: (text: string) => string; sentence: RegExp; code: string }[] = [
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
    name: "a placeholder",
    change: (text) => text.replace("Thursday works.", "[date] works."),
    sentence: /gap to fill in: \[date\]/,
    code: "PLACEHOLDER",
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
    name: "no text",
    change: (text) => text.replace("Hello Anna,\n\nThursday works.", ""),
    sentence: /no text to send/,
    code: "EMPTY_TEXT",
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
