import assert from "node:assert/strict";
import { test } from "node:test";
import {
  findActiveContent,
  neutralise,
  parseNote,
  renderNote,
  toDraftText,
  toFieldLine,
  type TaskNote,
} from "@nightdesk/claim-lib";
import { createSeededRandom, withTempDir } from "@nightdesk/testkit";
import { buildCorpus, PLACES } from "../src/hostile/build-corpus.ts";
import { findActive } from "../src/hostile/find-active.ts";
import { findChromium } from "../src/hostile/open-browser.ts";
import { bareNote, runHostile } from "../src/hostile/run-hostile.ts";
import { TECHNIQUES } from "../src/hostile/techniques.ts";
import { KINDS } from "../src/sample-notes.ts";
import { watchRequests } from "../src/hostile/watch-requests.ts";

test(
  "hostile mails become inert notes, and the same text pushed raw with the cloud's key is refused",
  { timeout: 120_000 },
  () =>
    withTempDir(async (folder) => {
      // Two mails for each place; the whole corpus is `npm run hostile`.
      const mails = PLACES.length * 2;
      const result = await runHostile({ mails, seed: 3, pages: 0, folder, say: () => undefined });
      assert.deepEqual(result.active, []);
      assert.equal(result.rendered, mails);
      assert.deepEqual(result.raw.faults, []);
      assert.equal(result.raw.rawRefused + result.raw.rawInert, mails);
      assert.equal(result.raw.honestTaken, result.raw.honestPushed);
    }),
);

test("the checker sees the techniques where nothing was done about them", () => {
  const blind = TECHNIQUES.filter(({ text }) => findActive(bareNote(text)).length === 0);
  const harmless = /^(?:#tag|- \[ \]|:::|==mark|long|> > |===|\n---|\[click\]\(java\n)/;
  assert.deepEqual(
    blind.filter(({ text }) => !harmless.test(text)).map(({ text }) => text),
    [],
  );
});

test("a seed always makes the same mails, in every place and of every technique", () => {
  const corpus = buildCorpus(500, 1);
  assert.deepEqual(corpus, buildCorpus(500, 1));
  assert.deepEqual(new Set(corpus.map(({ place }) => place)), new Set(PLACES));
  assert.equal(new Set(corpus.flatMap(({ techniques }) => techniques)).size, TECHNIQUES.length);
});

test(
  "a browser asks for nothing while an inert note is open, and does for the bare texts",
  {
    timeout: 120_000,
    skip: findChromium() === null ? "there is no Chromium here; `npm run hostile` needs it" : false,
  },
  () =>
    withTempDir(async (folder) => {
      const check = await watchRequests(["---\nid: x\n---\n> [!todo] x\n\nhxxps://canary.example/c"], folder);
      assert.equal(check?.requests, 0);
      assert.ok((check?.controlRequests ?? 0) > 0);
    }),
);

const JOINTS = [
  "\n",
  "\n\n",
  " ",
  "",
  "> ",
  "\n> ",
  "\n- ",
  "\t",
  "\\",
  "[",
  "!",
  "`",
  "$",
  "<",
  "%",
  "*",
  "_",
  "&",
  "|",
  "-",
  "\r",
  "#",
  "=",
];

test("pieces of techniques, cut and joined anyhow, are inert once the neutraliser has had them", () => {
  const random = createSeededRandom(11);
  const piece = () => {
    const { text } = random.pick(TECHNIQUES);
    const from = random.below(3) === 0 ? random.below(text.length) : 0;
    return text.slice(from, from + 600) + random.pick(JOINTS) + random.pick(JOINTS);
  };
  const some = () => Array.from({ length: 1 + random.below(5) }, piece).join("");
  for (let round = 0; round < 400; round += 1) {
    const [text, original, subject] = [some(), some(), some()] as [string, string, string];
    const note: TaskNote = {
      fields: {
        id: "em_0123456789abcdef",
        kind: "email_reply",
        rev: 1,
        created: "2026-11-21T08:00:00.000Z",
        summary: toFieldLine(text) || "x",
        source_from: toFieldLine(original) || "x",
        notice: toFieldLine(subject) || "x",
        to: ["ann@customer.example"],
        cc: [],
        subject: toFieldLine(subject) || "x",
      },
      text: toDraftText(text) || "x",
      feedback: "",
      original: neutralise(original),
    };
    const rendered = renderNote(note, KINDS);
    const about = JSON.stringify([text, original, subject]);
    assert.deepEqual(findActive(rendered), [], about);
    assert.deepEqual(findActiveContent(rendered), [], about);
    assert.equal(renderNote(parseNote(rendered, KINDS), KINDS), rendered, about);
  }
});
