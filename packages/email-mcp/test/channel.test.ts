import assert from "node:assert/strict";
import { test } from "node:test";
import { kindsOf, parseNote, payloadOf, renderNote, type TaskNote } from "@nightdesk/claim-lib";
import { channel } from "../src/channel.ts";

const kinds = kindsOf([channel]);
const note: TaskNote = {
  fields: {
    id: "em_0123456789abcdef",
    kind: "email_reply",
    rev: 1,
    created: "2026-11-21T08:00:00Z",
    summary: "asks for a date",
    expires: "2026-11-28T08:00:00Z",
    source_from: "Anna Berg (anna@kunde.example)",
    source_message: "m1",
    source_thread: "t1",
    to: ["anna@kunde.example"],
    cc: ["ben@kunde.example"],
    subject: "Re: Angebot",
  },
  text: "Hi Anna,\n\nThursday works. ",
  feedback: "",
  original: "Can you deliver on the 27th?",
};

test("everything needed to decide stands in the first twelve lines below the details", () => {
  const lines = renderNote(note, kinds).split("\n---\n")[1]?.split("\n").slice(0, 12).join("\n") ?? "";
  for (const fact of [
    "Anna Berg",
    "anna@kunde.example",
    "ben@kunde.example",
    "Re: Angebot",
    "asks for a date",
    "Risk",
    "not yet on this laptop",
    "Until:** 2026-11-28 08:00 UTC",
    "Approved/",
    "Hi Anna",
  ]) {
    assert.ok(lines.includes(fact), `${fact} is not in:\n${lines}`);
  }
});

test("what is decided by stands first in the details, for a phone that shows no more", () => {
  const [front = ""] = renderNote(note, kinds).split("\n---\n");
  const keys = [...front.matchAll(/^([a-z_]+):/gm)].map(([, key]) => key);
  assert.deepEqual(keys.slice(0, 7), ["summary", "source_from", "expires", "send_at", "to", "cc", "subject"]);
});

test("a domain the owner typed in capitals is the same recipient", () => {
  const typed = renderNote(note, kinds).replace('to: ["anna@kunde.example"]', 'to: ["anna@Kunde.Example"]');
  assert.deepEqual(payloadOf(parseNote(typed, kinds), kinds), payloadOf(note, kinds));
});

test("a recipient that a mail library could expand into another is refused by the note already", () => {
  const expandable = [
    "grp: evil@x.example, a@y.example;",
    "b@x.example\\r\\nBcc: evil@x.example",
    "a@x.example, b@y.example",
    '\\"a b\\"@x.example',
    "a..b@x.example",
    "a@x",
    "@x.example",
    "Anna <a@x.example>",
    "a@[10.0.0.1]",
    "аnna@kunde.example",
  ];
  for (const address of expandable) {
    const forged = renderNote(note, kinds).replace('to: ["anna@kunde.example"]', `to: ["${address}"]`);
    assert.throws(() => parseNote(forged, kinds), { code: "NOTE_MALFORMED" }, address);
  }
});

test("an emptied list of copies is written by Obsidian as an empty value, and means nobody", () => {
  const emptied = renderNote({ ...note, fields: { ...note.fields, cc: [] } }, kinds);
  assert.deepEqual(payloadOf(parseNote(emptied.replace("cc: []", "cc:"), kinds), kinds).args["cc"], []);
});
