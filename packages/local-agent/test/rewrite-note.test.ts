import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote, payloadOf } from "@nightdesk/claim-lib";
import fc from "fast-check";
import { rewriteNote } from "../src/rewrite-note.ts";
import { createWorld, kinds, makeTask } from "./world.ts";

test("new details at the top change nothing of what would be sent, and lose no line of the owner's", () => {
  const line = fc.stringMatching(/^[a-z][a-z ,.!]{0,30}[a-z]$/);
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 5 }),
      line,
      line,
      fc.boolean(),
      (reply, above, below, isCrlf) => {
        const task = makeTask(createWorld(), { text: reply.join("\n") });
        const plain = task.text
          .replace("## Reply (edit here)", `own ${above}\n\n## Reply (edit here)`)
          .concat(`\nown ${below}\n`);
        const edited = isCrlf ? plain.replaceAll("\n", "\r\n") : plain;
        const note = parseNote(edited, kinds);
        const text = rewriteNote(edited, note, { ...note.fields, notice: "Look at this." }, kinds);
        const again = parseNote(text, kinds);
        assert.equal(again.fields.notice, "Look at this.");
        assert.equal(payloadOf(again, kinds).sha256, payloadOf(note, kinds).sha256);
        assert.ok(text.includes(`own ${above}`) && text.includes(`own ${below}`));
      },
    ),
    { numRuns: 50 },
  );
});

test("details rewritten twice are the same as once", () => {
  const task = makeTask(createWorld());
  const edited = task.text.replace("kind: email_reply", "kind: email_reply\ntags: [a, b]").concat("\nmine\n");
  const note = parseNote(edited, kinds);
  const fields = { ...note.fields, outcome: "sent", outcome_at: "2026-11-21T08:00:00.000Z" };
  const once = rewriteNote(edited, note, fields, kinds);
  const again = parseNote(once, kinds);
  assert.equal(rewriteNote(once, again, again.fields, kinds), once);
});
