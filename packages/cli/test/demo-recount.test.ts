import assert from "node:assert/strict";
import { test } from "node:test";
import type { RawMail } from "@nightdesk/testkit";
import type { NoteFact } from "../src/demo/read-note.ts";
import { recipientsOf, recount, type ArrivedMail, type Facts, type SentMail } from "../src/demo/recount.ts";
import type { Sighting, ZoneName } from "../src/demo/watch-vault.ts";

const OWNER = "owner@brightside.example";
const LIMITS = { syncMs: 30_000, approvedToSentMs: 10_000 };
const ID = { anna: "em_0123456789abcdef", news: "em_fedcba9876543210" };
const FILE = {
  anna: `2026-11-21 Anna - Order ~${ID.anna}-r1.md`,
  news: `2026-11-21 News - Five tools ~${ID.news}-r1.md`,
};

function mail(parts: Partial<RawMail>): RawMail {
  return {
    messageId: null,
    inReplyTo: null,
    references: [],
    subject: "",
    from: [],
    replyTo: [],
    to: [],
    cc: [],
    bcc: [],
    text: "",
    ...parts,
  };
}

const anna: ArrivedMail = {
  messageId: "m1",
  threadId: "t1",
  kind: "plain",
  expectsReply: true,
  mail: mail({
    messageId: "<a@x>",
    references: ["<root@x>"],
    subject: "Order",
    from: ["anna@x.example"],
    to: [OWNER, "carl@x.example"],
  }),
};
const news: ArrivedMail = {
  messageId: "m2",
  threadId: "t2",
  kind: "newsletter",
  expectsReply: false,
  mail: mail({ messageId: "<n@x>" }),
};

const reply: SentMail = {
  messageId: "s1",
  threadId: "t1",
  mail: mail({
    inReplyTo: "<a@x>",
    references: ["<root@x>", "<a@x>"],
    subject: "Re: Order",
    from: [OWNER],
    to: ["anna@x.example"],
    cc: ["carl@x.example"],
    text: "Yes.\n",
  }),
  seenAtMs: 17_000,
};

function note(id: string, file: string, sourceMessage: string, text: string | null): NoteFact {
  return { path: `Done/2026-11/${file}`, id, sourceMessage, reply: text, checked: "verified", notice: null };
}

const notes = [note(ID.anna, FILE.anna, "m1", "Yes."), note(ID.news, FILE.news, "m2", null)];
const see = (zone: ZoneName, path: string, atMs: number): Sighting => ({
  zone,
  path,
  kind: "appeared",
  atMs,
});

/** A night and a morning in which everything went well. */
function goodFacts(): Facts {
  return {
    ownerAddress: OWNER,
    arrived: [anna, news],
    sent: [reply],
    approvals: [{ sourceMessage: "m1", path: `Approved/${FILE.anna}`, reply: "Yes." }],
    notes: { cloud: notes, local: notes },
    history: [
      { commit: "c1", kind: "A", path: `Pending_Approval/email/${FILE.anna}` },
      { commit: "c1", kind: "A", path: `Done/2026-11/${FILE.news}` },
      { commit: "c2", kind: "D", path: `Pending_Approval/email/${FILE.anna}` },
    ],
    sightings: [
      see("cloud", `Pending_Approval/email/${FILE.anna}`, 2000),
      see("cloud", `Done/2026-11/${FILE.news}`, 2500),
      see("local", `Pending_Approval/email/${FILE.anna}`, 10_500),
      see("local", `Done/2026-11/${FILE.news}`, 10_500),
      see("local", `Approved/${FILE.anna}`, 11_500),
      see("cloud", `Approved/${FILE.anna}`, 12_000),
      see("local", `Done/2026-11/${FILE.anna}`, 17_200),
      see("cloud", `Done/2026-11/${FILE.anna}`, 17_900),
    ],
    laptopStartMs: 10_000,
    bothRunFromMs: 11_000,
  };
}

const count = (change: Partial<Facts> = {}) => recount({ ...goodFacts(), ...change }, LIMITS);
const finds = (change: Partial<Facts>, problem: RegExp) => {
  const { problems } = count(change);
  assert.ok(
    problems.some((one) => problem.test(one)),
    `expected ${problem} among ${JSON.stringify(problems)}`,
  );
};

test("a run in which everything held is counted without a problem", () => {
  assert.deepEqual(count(), {
    figures: {
      mails: 2,
      drafted: 1,
      sent: 1,
      doubles: 0,
      lost: 0,
      threaded: 1,
      syncMs: { p50: 500, max: 700 },
      approvedToSentMs: { p50: 5500, max: 5500 },
      handoverMs: 7900,
    },
    sync: { toCloudMs: [500, 700], toLaptopMs: [], leftOut: 2, undelivered: [] },
    parked: 0,
    problems: [],
  });
});

test("a second reply to one mail is a double, whatever its own ids say", () => {
  const second: SentMail = { ...reply, messageId: "s2" };
  assert.equal(count({ sent: [reply, second] }).figures.doubles, 1);
  finds({ sent: [reply, second] }, /done twice/);
});

test("a task that lies in two folders is a double and lost, and a mail without a note on one side is lost", () => {
  const twin = { ...note(ID.anna, FILE.anna, "m1", "Yes."), path: `Approved/${FILE.anna}` };
  const twice = count({ notes: { cloud: notes, local: [...notes, twin] } });
  assert.deepEqual([twice.figures.doubles, twice.figures.lost], [1, 1]);
  assert.equal(count({ notes: { cloud: [], local: notes } }).figures.lost, 2);
  const elsewhere = notes.map((one) => ({
    ...one,
    path: one.path.replace("Done/2026-11", "In_Progress/local"),
  }));
  assert.equal(count({ notes: { cloud: notes, local: elsewhere } }).figures.lost, 2);
  finds({ notes: { cloud: elsewhere, local: elsewhere } }, /note lies in In_Progress/);
});

test("a reply outside its conversation is not threaded", () => {
  const strayed = (change: Partial<RawMail>, threadId = "t1") =>
    count({ sent: [{ ...reply, threadId, mail: { ...reply.mail, ...change } }] }).figures.threaded;
  assert.equal(strayed({}), 1);
  assert.equal(strayed({}, "t9"), 0);
  assert.equal(strayed({ references: ["<a@x>"] }), 0, "the thread's earlier messages must be named too");
  assert.equal(strayed({ references: ["<a@x>", "<root@x>"] }), 0);
  assert.equal(strayed({ inReplyTo: "<root@x>" }), 0);
});

test("another recipient, another text, another subject or a sending without the owner's move is found", () => {
  const sentWith = (change: Partial<RawMail>) => ({
    sent: [{ ...reply, mail: { ...reply.mail, ...change } }],
  });
  finds(sentWith({ to: ["mallory@x.example"] }), /went to somebody else/);
  finds(sentWith({ bcc: ["mallory@x.example"] }), /went to somebody else/);
  finds(sentWith({ cc: [] }), /went to somebody else/);
  finds(sentWith({ text: "No." }), /not what the note said/);
  finds(sentWith({ subject: "Re: Re: Order" }), /another subject/);
  finds(sentWith({ from: ["x@y.example"] }), /not from the owner/);
  finds(sentWith({ inReplyTo: null }), /answers none of the mails/);
  finds({ approvals: [] }, /without the owner's move/);
});

test("a newsletter that was answered, or a mail that was not, is found", () => {
  const answer: SentMail = { ...reply, messageId: "s2", mail: { ...reply.mail, inReplyTo: "<n@x>" } };
  finds({ sent: [reply, answer] }, /newsletter mail was answered/);
  finds({ sent: [] }, /plain mail was not answered/);
});

test("a limit that is broken, or a figure that could not be measured, is a problem and never a pass", () => {
  const late = goodFacts().sightings.map((one) =>
    one.zone === "cloud" && one.path.startsWith("Approved/") ? { ...one, atMs: 42_000 } : one,
  );
  finds(
    {
      sightings: late.filter(
        (one) => !(one.zone === "cloud" && one.path.includes(FILE.anna) && one.path.startsWith("Done")),
      ),
    },
    /to the other side|never reached/,
  );
  finds({ sent: [{ ...reply, seenAtMs: 30_000 }] }, /18500 ms from the approval/);
  finds({ sent: [{ ...reply, seenAtMs: null }] }, /was not seen/);
  finds({ sightings: [] }, /not everything reached Done/);
  finds({ history: [] }, /1 drafts were expected, 0 were made/);
});

test("whom a reply goes to is worked out from the mail itself: Reply-To first, the owner never", () => {
  const from = mail({
    from: ["a@x.example"],
    replyTo: ["desk@x.example"],
    to: [OWNER, "b@x.example"],
    cc: ["desk@x.example", "b@x.example", "c@x.example"],
  });
  assert.deepEqual(recipientsOf(from, OWNER), { to: ["desk@x.example"], cc: ["b@x.example", "c@x.example"] });
  assert.deepEqual(recipientsOf(mail({ from: ["a@x.example"], to: [OWNER] }), OWNER.toUpperCase()), {
    to: ["a@x.example"],
    cc: [],
  });
});
