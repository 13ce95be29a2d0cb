import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { readRawMail } from "../src/index.ts";

const mail = (...lines: string[]) => Buffer.from(lines.join("\r\n"), "utf8");

test("a reply's headers and its text are read from the raw bytes", () => {
  const read = readRawMail(
    mail(
      'From: "Brightside, Robin" <Owner@Brightside.example>',
      'To: anna@example.com, "B, Carl" <carl@example.org>',
      "Cc: dora@example.net",
      "Subject: =?utf-8?Q?Re:_Gr=C3=BC?= =?utf-8?B?w59l?=",
      "Message-ID: <r1@example>",
      "In-Reply-To: <m3@example>",
      "References: <m1@example>",
      " <m2@example> <m3@example>",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "Sch=C3=B6n, =",
      "danke.",
      "",
    ),
  );
  assert.deepEqual(read, {
    messageId: "<r1@example>",
    inReplyTo: "<m3@example>",
    references: ["<m1@example>", "<m2@example>", "<m3@example>"],
    subject: "Re: Grüße",
    from: ["owner@brightside.example"],
    replyTo: [],
    to: ["anna@example.com", "carl@example.org"],
    cc: ["dora@example.net"],
    bcc: [],
    text: "Schön, danke.\n",
  });
});

test("the plain text is found in a message of several parts, and an attachment is not taken for it", () => {
  const read = readRawMail(
    mail(
      "From: a@b.example",
      'Content-Type: multipart/mixed; boundary="x.1"',
      "",
      "preamble",
      "--x.1",
      "Content-Type: text/plain; charset=us-ascii",
      "Content-Disposition: attachment; filename=notes.txt",
      "",
      "not this",
      "--x.1",
      "Content-Type: multipart/alternative; boundary=inner",
      "",
      "--inner",
      "Content-Type: text/plain; charset=iso-8859-1",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from("Größe: 5", "latin1").toString("base64"),
      "--inner--",
      "--x.1--",
    ),
  );
  assert.equal(read.text, "Größe: 5");
});

test("a blank at the end of an encoded word is part of the subject", () => {
  const read = readRawMail(
    mail("Subject: =?UTF-8?Q?=C3=BCber_1=2E250_?=", " =?UTF-8?Q?=E2=82=AC?=", "", "x"),
  );
  assert.equal(read.subject, "über 1.250 €");
});

test("what cannot be counted for certain is an error, not a guess", () => {
  const refused = (raw: Buffer, words: RegExp) =>
    assert.throws(
      () => readRawMail(raw),
      (error) => NightdeskError.is(error, "MAIL_MALFORMED") && words.test(error.message),
    );
  refused(mail("To: a@b.example", "To: c@d.example", "", "x"), /To stands in it twice/);
  refused(mail("To: friends: a@b.example;", "", "x"), /not a plain address/);
  refused(mail("In-Reply-To: <a@b> <c@d>", "", "x"), /names 2 messages/);
  refused(
    Buffer.concat([
      mail("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", ""),
      Buffer.from([0xff]),
    ]),
    /charset/,
  );
  refused(mail("Content-Transfer-Encoding: quoted-printable", "", "=ZZ"), /quoted-printable/);
  refused(mail("no header at all", "", "x"), /not a header/);
});
