import assert from "node:assert/strict";
import { appendFile, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { holdLock } from "@nightdesk/daemon-kit/process-lock";
import { fileOf, mailNote, replyNote } from "../../vault-sync/test/support/notes.ts";
import { moveNote, putNote } from "../../vault-sync/test/support/replicas.ts";
import { carryOut, giveDoctorWorlds, record, settingsOf, type DoctorWorld } from "./doctor-world.ts";
import { PENDING, REJECTED, sync } from "./repair-world.ts";
import { runCli } from "./run-cli.ts";
import { diffWords, renderDiff } from "../src/log/word-diff.ts";

const DAY = "2026-11-21";
/** The second note of the world's ids. */
const ID = "em_0000000000000002";
const HOSTILE = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eevil\u2066\u200b";
// eslint-disable-next-line no-control-regex -- these are what is looked for
const ACTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;

interface Told {
  id: string;
  events: { kind: string; says: string; at: string; rev: number; diff?: string; commit?: string }[];
  remarks: string[];
}

describe("nightdesk log", () => {
  let world: DoctorWorld;
  giveDoctorWorlds((own) => (world = own));

  const log = (...args: string[]) => runCli(["log", ...args], settingsOf(world.local, world.remote));
  const story = async (asked: string) => JSON.parse((await log(asked, "--json")).out) as Told;

  it("no escape sequence or bidi trick from a mail, a record or a commit reaches the terminal, in either form", async () => {
    await record(world.local, DAY, { action_type: "sync_change_refused", target: ID, result: HOSTILE });
    await record(world.local, DAY, { action_type: "odd_action", target: ID, result: HOSTILE });
    await record(world.local, DAY, {
      action_type: "approval_rejected",
      target: ID,
      parameters: { rev: 1, feedback: HOSTILE },
    });
    const decisions = openAppendLog(join(world.local.state, "decisions.jsonl"));
    await decisions.append({
      type: "held",
      id: ID,
      rev: 1,
      why: "cap",
      notice: HOSTILE,
      until: HOSTILE,
      at: `${DAY}T10:00:00.000Z`,
    });
    const forms = [await log(ID), await log(ID, "--json"), await log(HOSTILE)];
    for (const { out, err } of forms) assert.doesNotMatch(`${out}${err}`, ACTIVE);
    assert.match(forms[0]?.out ?? "", /owned/, "what it says is still told");
    const { events } = JSON.parse(forms[1]?.out ?? "") as Told;
    assert.ok(
      events.some(({ says }) => says.includes(HOSTILE)),
      "a program gets it as it is",
    );
  });

  it("an item is found by its id, its file name, its path or a part of them; two that fit are listed", async () => {
    for (const asked of [ID, fileOf(2), `Needs_Action/cloud-email/${fileOf(2)}`, "ann 2 -", `~${ID}-r1`])
      assert.equal((await story(asked)).id, ID, asked);
    const several = await log("offer");
    assert.equal(several.code, 1);
    assert.match(several.err, /fits 4 items/);
    assert.ok(several.err.includes(fileOf(2)));
  });

  it("an unknown item is an error that names the nearest, and a missing one is no crash", async () => {
    const { code, err, out } = await log("em_0000000000000ff2");
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /No item is known by "em_0000000000000ff2".*The nearest are:\n {2}2026-11-21 Ann/s);
    assert.equal((await log()).code, 2);
    assert.equal((await log("x", "--what")).code, 2);
  });

  it("a note that left the vault is still told, from the history", async () => {
    await moveNote(world.local, `Needs_Action/cloud-email/${fileOf(2)}`, `Removed/${fileOf(2)}`);
    await rm(join(world.local.vault, "Removed"), { recursive: true });
    const { events } = await story(ID);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ["noticed"],
    );
    assert.match((await log(ID)).out, /Lies in: nowhere in the vault/);
  });

  it("a line that is being written right now, and a damaged record, leave the rest of the story", async () => {
    await appendFile(
      join(world.local.vault, `Logs/local/${DAY}.jsonl`),
      `{"action_type":"odd","target":"${ID}`,
    );
    await carryOut(world.local, { nonce: "d".repeat(32), id: ID, audited: false });
    await appendFile(join(world.local.state, "journal.jsonl"), '\n{"r":{"type":"done","id":"em_');
    const before = await story(ID);
    assert.deepEqual(
      before.events.map(({ kind }) => kind).filter((kind) => kind !== "noticed"),
      ["approved", "receipt", "executing", "handle", "sent", "done"],
    );
    assert.deepEqual(before.remarks, []);
    await appendFile(join(world.local.state, "journal.jsonl"), "\nnonsense\n\n");
    const after = await story(ID);
    assert.deepEqual(
      after.events.map(({ kind }) => kind),
      ["noticed"],
    );
    assert.match(after.remarks[0] ?? "", /journal\.jsonl is damaged at line/);
  });

  it("what the owner changed in a draft is told as a difference of words, and left out with --no-text", async () => {
    const draft = { drafted_at: "2026-11-21T08:01:00.000Z" };
    await putNote(world.cloud, PENDING(9), replyNote(9, draft));
    await sync(world.cloud);
    await sync(world.local);
    const path = join(world.local.vault, PENDING(9));
    await putNote(
      world.local,
      PENDING(9),
      (await readFile(path, "utf8")).replace("thank you", "many thanks"),
    );
    await moveNote(world.local, PENDING(9), REJECTED(9));
    await sync(world.local);
    const asked = fileOf(9);
    const { events } = await story(asked);
    const edited = events.find(({ kind }) => kind === "edited");
    assert.equal(edited?.diff, "Dear Ann, [-thank you-]{+many thanks+}.");
    const moved = events.find(({ kind }) => kind === "rejected");
    assert.equal(moved?.commit, await world.remote.git("rev-parse", "main"));
    assert.ok((await log(asked)).out.includes("{+many thanks+}"));
    assert.ok(!(await log(asked, "--no-text")).out.includes("many thanks"));
  });

  it("nothing is written anywhere, and no lock is taken", async () => {
    const locks = ["vault-sync", "local-agent"].map((name) =>
      holdLock(join(world.local.state, `${name}.lock`), name),
    );
    const list = async () => (await readdir(join(world.local.state, ".."), { recursive: true })).sort();
    const before = await list();
    assert.equal((await log(ID)).code, 0);
    assert.deepEqual(await list(), before);
    for (const lock of locks) lock.release();
  });

  it("a mail nobody has worked on yet is told too", async () => {
    await putNote(world.cloud, `Needs_Action/cloud-email/${fileOf(8)}`, mailNote(8));
    const cloud = await runCli(["log", fileOf(8)], settingsOf(world.cloud, world.remote));
    assert.equal(cloud.code, 0);
    assert.match(cloud.out, /Lies in: Needs_Action\/cloud-email/);
  });
});

describe("the difference of two texts", () => {
  it("is found word by word, and what stayed is shortened", () => {
    const before = "One two three four five six seven eight nine ten eleven twelve. The end comes here.";
    const after = before.replace("twelve", "thirteen");
    assert.equal(
      renderDiff(diffWords(before, after)),
      "... eight nine ten eleven [-twelve-]{+thirteen+}. The end comes here.",
    );
    assert.equal(renderDiff(diffWords("a b c", "a b c d")), "a b c{+ d+}");
    assert.equal(renderDiff(diffWords("", "new")), "{+new+}");
    assert.equal(renderDiff(diffWords("gone", "")), "[-gone-]");
  });

  it("gives both texts back, whatever they are, and does not blow up on long ones", () => {
    const samples = [
      "",
      "a",
      "Hello  Ann,\n\nyes.",
      "x ".repeat(3_000),
      "y z ".repeat(3_000),
      "🙂 ok 👍🏽 e\u0301",
    ];
    for (const before of samples)
      for (const after of samples) {
        const parts = diffWords(before, after);
        const side = (gone: string) =>
          parts
            .filter(({ kind }) => kind !== gone)
            .map(({ text }) => text)
            .join("");
        assert.equal(side("added"), before);
        assert.equal(side("removed"), after);
      }
  });
});
