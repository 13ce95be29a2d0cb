import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { findSecrets } from "@nightdesk/daemon-kit/find-secrets";
import { buildMailNote } from "../src/build-mail-note.ts";
import type { Mail } from "../src/mail-port.ts";
import { redactMail } from "../src/redact-mail.ts";
import { renderChecked } from "../src/render-checked.ts";
import { createWorld, SETTINGS } from "./helpers/world.ts";

const { kinds } = SETTINGS;
const GITHUB = `ghp_${"wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"}`;

async function mailWith(change: Partial<Mail>): Promise<Mail> {
  const world = createWorld();
  return { ...(await world.mailbox.port.read(world.mailbox.arrive())), ...change };
}

async function redacted(text: string): Promise<string> {
  return (await redactMail(await mailWith({ text }))).text;
}

test("a one-time code is hidden wherever it stands beside its word, in English and German", async () => {
  for (const [text, code] of [
    ["Your verification code is 123456.", "123456"],
    ["Verification code:\n\n  482 913\n\nIt expires in 10 minutes.", "482 913"],
    ["G-482913 is your Google verification code.", "482913"],
    ["Your security code: A7B9C2", "A7B9C2"],
    ["Ihr Bestätigungscode lautet 889123.", "889123"],
    ["739201 ist dein WhatsApp Code", "739201"],
    ["Dein Einmalpasswort: 48291044", "48291044"],
    ["TAN: 482910", "482910"],
  ] as const) {
    const result = await redacted(text);
    assert.ok(!result.includes(code), result);
    assert.match(result, /\[hidden: one-time-code\]/);
  }
});

test("a link that opens an account is hidden, other links stay", async () => {
  for (const link of [
    "https://acme.example/reset-password?token=a8f7e6d5c4b3a291&u=7",
    "https://acme.example/auth/magic/9f8e7d6c5b4a392817a0",
    "https://acme.example/confirm?key=4711aa4711",
  ])
    assert.equal(await redacted(`Click ${link} now`), "Click [hidden: account-link] now");
  for (const link of [
    "https://shop.example/order-confirmation/9f8e7d6c5b4a39281706",
    "https://pay.example/invoice/42?token=abcdef123456",
    "https://docs.example/how-to-reset-a-password",
  ])
    assert.equal(await redacted(`Click ${link} now`), `Click ${link} now`);
});

test("amounts, order numbers, telephone numbers, dates and vouchers stay", async () => {
  for (const text of [
    "The total is 12345 EUR, order number 4829103.",
    "Please call 030 1234567 about your access code.",
    "Ihre Bestellung 20261121 wurde versandt; Rechnung 123456.",
    "Your access code expires in 2027.",
    "Security code on the door, invoice 4711/2026, 5000 EUR due.",
    "The login code for door 3 costs 1200,50 EUR.",
    "Use voucher code SAVE2026.",
    "Passwort: siehe unten, Kundennummer 123456.",
  ])
    assert.equal(await redacted(text), text);
});

test("pasted keys are hidden in the text, the subject, the sender's name and an attachment's name", async () => {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
  const mail = await redactMail(
    await mailWith({
      text: `Here:\n${pem}\nand\n${rsa}\nand ${GITHUB} and https://root:hunter2pass@kunde.de/x`,
      subject: `Token ${GITHUB}`,
      from: { name: GITHUB, address: "ann@example.com" },
      attachments: [{ name: `${GITHUB}.txt`, type: "text/plain", size: 1, sha256: "" }],
    }),
  );
  const { note, file } = buildMailNote(mail, { id: "em_0000000000000000", account: "x@y.example", nowMs: 0 });
  const text = renderChecked(note, kinds);
  for (const part of [GITHUB, "hunter2pass", ...pem.split("\n").slice(1, 2), ...rsa.split("\n").slice(1, 26)])
    assert.ok(!`${file}\n${text}`.includes(part), part);
  assert.deepEqual(await findSecrets("note.md", `${file}\n${text}`), []);
  assert.match(text, /Hidden here: .*The whole text is in your mailbox \(message /);
  assert.match(text, /\[hidden: github\]/);
});

test("a key split by characters nobody sees is hidden too", async () => {
  const split = `${GITHUB.slice(0, 10)}\u200b${GITHUB.slice(10)}`;
  const result = await redacted(`token ${split}`);
  assert.ok(!result.replaceAll("\u200b", "").includes(GITHUB), result);
});

test("a mail without anything of the kind stays as it is, and says nothing of hidden things", async () => {
  const mail = await mailWith({ text: "Hello,\n\nplease send an offer for 250 chairs." });
  const same = await redactMail(mail);
  assert.deepEqual(same, mail);
  const { note } = buildMailNote(same, { id: "em_0000000000000000", account: "x@y.example", nowMs: 0 });
  assert.doesNotMatch(note.original, /hidden/i);
});

test("looking through 100,000 hostile characters takes well under two seconds", async () => {
  for (const unit of ["verification code ", "1234 ", "https://a/reset", "OTP ", "A1", "code: "]) {
    const before = process.cpuUsage();
    await redacted(unit.repeat(100_000 / unit.length));
    const { user } = process.cpuUsage(before);
    assert.ok(user < 2_000_000, `${unit} took ${user} µs`);
  }
});
