import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  findActiveContent,
  makeTaskName,
  neutralise,
  noteFromPayload,
  parseNote,
  parseTaskName,
  payloadOf,
  renderNote,
  toDraftText,
  toFieldLine,
} from "../src/index.ts";
import { anyNote, anyOutsideText, anyReplyText, kinds } from "./generators.ts";

/** Time-boxed, not count-boxed: a slow machine finds less, it does not fail. */
const box = { interruptAfterTimeLimit: 4_000, numRuns: 2_000 };

test("parse(render(note)) is the note", () => {
  fc.assert(
    fc.property(anyNote(), (note) => {
      assert.deepEqual(parseNote(renderNote(note, kinds), kinds), note);
    }),
    box,
  );
});

test("render(parse(text)) is the text, so what is shown cannot differ from what is read", () => {
  fc.assert(
    fc.property(anyNote(), (note) => {
      const text = renderNote(note, kinds);
      assert.equal(renderNote(parseNote(text, kinds), kinds), text);
    }),
    box,
  );
});

test("payload and note are inverse: the note made from a payload does exactly that payload", () => {
  fc.assert(
    fc.property(anyNote({ kind: "email_reply" }), anyReplyText(), (note, text) => {
      const args = { ...payloadOf(note, kinds).args, body: text };
      const made = noteFromPayload({ args }, { fields: note.fields, original: note.original }, kinds);
      assert.deepEqual(payloadOf(parseNote(renderNote(made, kinds), kinds), kinds).args, args);
    }),
    box,
  );
});

test("any text from outside is inert after neutralise, and neutralise leaves inert text alone", () => {
  fc.assert(
    fc.property(anyOutsideText(), (text) => {
      const safe = neutralise(text);
      assert.deepEqual(findActiveContent(safe), []);
      assert.equal(neutralise(safe), safe);
    }),
    box,
  );
});

test("a whole note made of hostile text is inert", () => {
  fc.assert(
    fc.property(anyNote(), anyOutsideText(), anyOutsideText(), (note, original, subject) => {
      const line = toFieldLine(subject);
      const hostile = {
        ...note,
        text: note.text === null ? null : toDraftText(subject + note.text),
        feedback: "",
        original: neutralise(original),
        fields: { ...note.fields, summary: line || "none", source_from: line || "unknown" },
      };
      const text = renderNote(hostile, kinds);
      assert.deepEqual(findActiveContent(text), []);
      assert.equal(renderNote(parseNote(text, kinds), kinds), text);
    }),
    box,
  );
});

test("a task's file name can be read back whatever a stranger wrote, and is safe on every disk", () => {
  fc.assert(
    fc.property(anyOutsideText(), anyOutsideText(), fc.integer({ min: 1, max: 99 }), (who, subject, rev) => {
      const file = makeTaskName({ date: "2026-11-21", who, subject, id: "em_0123456789abcdef", rev });
      assert.ok(Buffer.byteLength(file) <= 120);
      assert.match(file, /^[A-Za-z0-9 ._@()+,'&=!~-]+$/);
      const parsed = parseTaskName(file);
      assert.equal(parsed?.id, "em_0123456789abcdef");
      assert.equal(parsed?.rev, rev);
    }),
    box,
  );
});
