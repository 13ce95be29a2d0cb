import assert from "node:assert/strict";
import { test } from "node:test";
import { withTempDir } from "@nightdesk/testkit";
import { buildCorpus, PLACES } from "../src/hostile/build-corpus.ts";
import { findActive } from "../src/hostile/find-active.ts";
import { findChromium } from "../src/hostile/open-browser.ts";
import { bareNote, runHostile } from "../src/hostile/run-hostile.ts";
import { TECHNIQUES } from "../src/hostile/techniques.ts";
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
