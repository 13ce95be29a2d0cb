import assert from "node:assert/strict";
import { test } from "node:test";
import { findActiveContent, findPlaceholder, NightdeskError } from "@nightdesk/claim-lib";
import fc from "fast-check";
import { draftSchema } from "../src/index.ts";
import { judge, mail, owner, rules, type Changes } from "./mail-input.ts";

const triage = (changes: Changes) => judge(mail(changes));

async function draft(changes: Changes, ownerName = owner.name) {
  const input = {
    mail: mail(changes),
    owner: { ...owner, name: ownerName },
    triage: { category: "needs_reply", needs_reply: true, summary: "x", confidence: 1, reason: "x" },
    handbook: "",
    style: "",
  };
  return (await rules.think({ skill: "draft-reply", input, schema: draftSchema })).value;
}

test("a newsletter, a mailing list, a machine and a no-reply sender need no reply, whatever they ask", async () => {
  const text = "Could you please answer? It is urgent!";
  const cases: [Changes, string][] = [
    [{ text, header: { list_unsubscribe: "<mailto:x@y.example>" } }, "promotion"],
    [{ text, header: { precedence: "bulk" } }, "promotion"],
    [{ text, header: { list_id: "<dev.example>" } }, "fyi"],
    [{ text, header: { auto_submitted: "auto-generated" } }, "fyi"],
    [{ text, from: { name: "Shop", address: "no-reply@shop.example" } }, "fyi"],
    [{ text, from: { name: "", address: "MAILER-DAEMON@mx.example" } }, "fyi"],
  ];
  for (const [changes, category] of cases) {
    const result = await triage(changes);
    assert.deepEqual([result.needs_reply, result.category], [false, category], JSON.stringify(changes));
  }
});

test("Auto-Submitted: no means that a person wrote", async () => {
  assert.equal(
    (await triage({ text: "When can you deliver?", header: { auto_submitted: "no" } })).needs_reply,
    true,
  );
});

test("a question, a request and an urgent matter need a reply, in four languages", async () => {
  const cases: [string, string][] = [
    ["Hi,\n\nwhen can you deliver?", "needs_reply"],
    ["Hallo Frau Muster,\n\nkönnten Sie mir bitte das Angebot schicken.", "needs_reply"],
    ["Hola, ¿puede enviarme el presupuesto?", "needs_reply"],
    ["Bonjour,\n\npourriez-vous m'envoyer le devis.", "needs_reply"],
    ["Bitte rufen Sie dringend zurück.", "urgent"],
    ["Nous avons besoin de pièces, c'est une urgence.", "urgent"],
  ];
  for (const [text, category] of cases) {
    const result = await triage({ text });
    assert.deepEqual([result.needs_reply, result.category], [true, category], text);
  }
});

test("only what the sender wrote this time counts, not the mail quoted below", async () => {
  const quoted =
    "Thank you, that is all.\n\nOn Fri, 20 Nov 2026 at 10:00 Erika Muster <erika@firma.example> wrote:\n> When can you pay? It is urgent.";
  const result = await triage({ text: quoted });
  assert.deepEqual([result.needs_reply, result.category], [false, "personal"]);
});

test("a person whose mail says little is still answered; one in copy without a question is not", async () => {
  assert.equal((await triage({ text: "The parts have arrived at our site." })).needs_reply, true);
  const inCopy = {
    to: [{ name: "", address: "x@kunde.example" }],
    cc: [{ name: "", address: owner.address }],
  };
  assert.equal((await triage({ text: "The parts have arrived at our site.", ...inCopy })).needs_reply, false);
});

test("the summary is one line with the question, and says when a mail could not be decoded", async () => {
  const asked = await triage({ text: "Hello,\n\nwe met in May. Can you deliver\non the 27th?\nRegards" });
  assert.match(asked.summary, /^Asks: /);
  assert.doesNotMatch(asked.summary, /\n/);
  assert.match((await triage({ text: "?", problems: ["unknown charset"] })).summary, /could not be decoded/);
});

test("a template draft is ready to send: greeting, subject, signature, no placeholder", async () => {
  assert.equal(
    (await draft({ text: "Please send me the offer." })).text,
    'Hello Anna,\n\nthank you for your message about "Angebot 2291". I have received it and will get back to you with a full answer shortly.\n\nBest regards\nErika Muster',
  );
  const german = await draft({ text: "Guten Tag, können Sie am 27. liefern?", subject: "Re: AW: Lieferung" });
  assert.match(german.text, /^Guten Tag Anna Berg,\n\nvielen Dank für Ihre Nachricht zu „Lieferung“\./);
  assert.deepEqual(german.questions, ["Guten Tag, können Sie am 27. liefern?"]);
  assert.match(
    (await draft({ text: "Bonjour, pouvez-vous nous livrer pour le 27 ?" })).text,
    /^Bonjour Anna,/,
  );
  assert.match(
    (await draft({ text: "Hola, gracias por el presupuesto, ¿puede enviarlo?" }, "")).text,
    /^Hola, Anna:[\s\S]*Un saludo$/,
  );
});

test("nothing odd a stranger put into name or subject gets into the owner's reply", async () => {
  for (const subject of [
    "[Name] TODO",
    "Pay at https://evil.example/x",
    "see evil.example/pay",
    "{{x}}",
    "a\nBcc: x@y.example",
    "x".repeat(200),
  ]) {
    const { text } = await draft({ text: "Please answer.", subject });
    assert.match(text, /thank you for your message\. I have/, subject);
  }
  for (const name of ["<script>", "evil.example", "Sales Team", "Anna [TODO]", "x".repeat(80), "Anna\nBcc"]) {
    assert.match(
      (await draft({ text: "Please answer.", from: { name, address: "a@b.example" } })).text,
      /^Hello,\n/,
      name,
    );
  }
});

test("whatever a mail holds, the rules answer within the schema and the draft is inert and complete", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
      fc.string(),
      async (text, subject, name) => {
        await triage({ text, subject, from: { name, address: "a@b.example" } });
        const written = (await draft({ text, subject, from: { name, address: "a@b.example" } })).text;
        assert.deepEqual(findActiveContent(written), []);
        assert.equal(findPlaceholder(written), null);
      },
    ),
    { numRuns: 300 },
  );
});

test("megabytes of hostile text are judged in well under a second", async () => {
  const bulky = [
    "a".repeat(2_000_000),
    "? ".repeat(500_000),
    "On ".repeat(300_000),
    "hello ".repeat(300_000),
    "\n>".repeat(500_000),
  ];
  for (const text of bulky) {
    const before = process.cpuUsage();
    await triage({ text });
    await draft({ text });
    // Time of this process: others on the machine do not count.
    const { user } = process.cpuUsage(before);
    assert.ok(user < 1500_000, `${text.slice(0, 6)} took ${user} µs`);
  }
});

test("a skill the rules do not know is refused by name", async () => {
  await assert.rejects(
    rules.think({ skill: "write-poem", input: {}, schema: draftSchema }),
    (error: unknown) => NightdeskError.is(error, "THINK_SKILL_UNKNOWN"),
  );
});
