import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import {
  ALL_KINDS,
  buildMails,
  DEMO_KINDS,
  injectMail,
  type GmailControl,
  type MailKind,
  type SampleMail,
} from "@nightdesk/testkit";
import { startGmail } from "@nightdesk/testkit/gmail";
import { encodeHeader, encodeQuotedPrintable, encodeText } from "../src/gmail/mime.ts";
import { decodeWords, readHeader, readMessageIds, readSender } from "../src/gmail/raw-mail.ts";

let gmail: GmailControl;
before(async () => {
  gmail = await startGmail();
});
after(() => gmail.close());

function build(kind: MailKind): SampleMail {
  const [mail] = buildMails(1, 3, { kinds: [kind] });
  assert.ok(mail);
  return mail;
}

function bodyOf(mail: SampleMail): string {
  const text = mail.raw.toString("latin1");
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

/** An independent reading of quoted-printable, shorter and slower than the writer. */
function decodeQuotedPrintable(text: string): Buffer {
  const bytes = text
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1");
}

test("the same count and seed give the same bytes, another seed gives others", () => {
  const bytes = (seed: number) =>
    buildMails(9, seed, { kinds: ALL_KINDS }).map((mail) => mail.raw.toString("hex"));
  assert.deepEqual(bytes(4), bytes(4));
  assert.notDeepEqual(bytes(4), bytes(5));
});

test("forty mails have forty senders, subjects and Message-IDs, the kinds in turn", () => {
  const mails = buildMails(40);
  for (const key of ["from", "subject", "messageId"] as const) {
    assert.equal(new Set(mails.map((mail) => mail[key])).size, 40, key);
  }
  assert.deepEqual(
    mails.slice(0, 6).map((mail) => mail.kind),
    [...DEMO_KINDS],
  );
  assert.deepEqual(
    mails.filter((mail) => !mail.needsReply).map((mail) => mail.kind),
    Array.from({ length: 6 }, () => "newsletter"),
  );
});

test("every mail is well formed: CRLF only, lines of at most 998 bytes, and the headers say what was promised", () => {
  for (const mail of buildMails(18, 2, { kinds: ALL_KINDS })) {
    const text = mail.raw.toString("latin1");
    assert.doesNotMatch(text, /(^|[^\r])\n|\r(?!\n)/, mail.kind);
    assert.ok(
      text.split("\r\n").every((line) => line.length <= 998),
      mail.kind,
    );
    assert.equal(readHeader(mail.raw, "Message-ID"), mail.messageId);
    assert.equal(readSender(mail.raw), mail.from);
    assert.equal(decodeWords(readHeader(mail.raw, "Subject") ?? ""), mail.subject);
    const head = text.slice(0, text.indexOf("\r\n\r\n"));
    // eslint-disable-next-line no-control-regex -- that there are none is what is tested
    assert.doesNotMatch(head, /[^\r\n\t\x20-\x7e]/, "headers are ASCII");
  }
});

test("the German mail is ISO-8859-1 in quoted-printable, the Outlook one windows-1252 with its own euro sign", () => {
  const latin = build("quoted-printable");
  assert.match(
    latin.raw.toString("latin1"),
    /charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable/,
  );
  assert.match(readHeader(latin.raw, "Subject") ?? "", /=\?iso-8859-1\?Q\?R=FCckfrage/);
  assert.ok(decodeQuotedPrintable(bodyOf(latin)).toString("latin1").includes(latin.fragment));
  const windows = build("windows-1252");
  const bytes = decodeQuotedPrintable(bodyOf(windows));
  assert.ok(new TextDecoder("windows-1252").decode(bytes).includes(windows.fragment));
  assert.ok(bytes.includes(0x80));
});

test("the attachment in the mail is the file that was promised, in base64", () => {
  const mail = build("attachment");
  const encoded = /attachment;[^]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)\r\n--/.exec(bodyOf(mail))?.[1] ?? "";
  const bytes = Buffer.from(encoded, "base64");
  assert.equal(bytes.length, mail.attachments[0]?.size);
  assert.ok(bytes.toString("latin1").startsWith("%PDF-1.4"));
  assert.match(mail.attachments[0]?.name ?? "", /Büro\.pdf$/);
});

test("the newsletter says that it is one", () => {
  const { raw } = build("newsletter");
  assert.equal(readHeader(raw, "Precedence"), "bulk");
  assert.match(readHeader(raw, "List-Id") ?? "", /<news\..+>/);
  assert.match(readHeader(raw, "List-Unsubscribe") ?? "", /<https:/);
});

test("a reply deep in a thread refers to the six messages before it, and all seven become one thread", async () => {
  const mail = build("deep-thread");
  const references = readMessageIds(mail.raw, "References");
  assert.equal(references.length, 6);
  assert.equal(references[0], mail.threadKey);
  assert.equal(readHeader(mail.raw, "In-Reply-To"), references.at(-1));
  const { threadId, messageId } = await injectMail(gmail, mail);
  const thread = (await gmail.rawMailbox()).filter((message) => message.threadId === threadId);
  assert.deepEqual(
    thread.map((message) => readHeader(message.raw, "Message-ID")),
    [...references, mail.messageId],
  );
  assert.deepEqual(
    thread.map((message) => message.labels),
    [[], ["SENT"], [], ["SENT"], [], ["SENT"], ["INBOX", "UNREAD"]],
  );
  assert.equal(thread.at(-1)?.messageId, messageId);
});

test("the emulator keeps the bytes of every kind, the undecodable and the hostile included", async () => {
  for (const mail of buildMails(9, 8, { kinds: ALL_KINDS })) {
    const { messageId } = await injectMail(gmail, mail);
    const stored = (await gmail.rawMailbox()).find((message) => message.messageId === messageId);
    assert.deepEqual(stored?.raw, mail.raw, mail.kind);
  }
});

test("the hostile mail holds each trick it is there for", () => {
  const decoded = decodeQuotedPrintable(bodyOf(build("hostile"))).toString("utf8");
  for (const trick of [
    "---\r\nid: em_",
    "---js",
    "## Reply (edit here)",
    "```dataviewjs",
    "<% tp.",
    "![[Company_Handbook]]",
    "![pixel](https:",
    "obsidian://open",
    "javascript:",
    "%%",
    "<!--",
    "<<<<<<<",
    "\u202e",
    "\u200b",
    "\u{e0053}",
    "\u2028",
  ]) {
    assert.ok(decoded.includes(trick), trick);
  }
});

test("whatever text goes into quoted-printable comes back out, in lines of at most 76", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("a", "=", " ", "\t", "ü", "\r\n", ".", "xxxxxxxxxxxxxxxxxxx"),
        maxLength: 60,
      }),
      (text) => {
        const encoded = encodeQuotedPrintable(Buffer.from(text, "utf8"));
        assert.equal(decodeQuotedPrintable(encoded).toString("utf8"), text);
        assert.ok(encoded.split("\r\n").every((line) => line.length <= 76 && !/[ \t]$/.test(line)));
      },
    ),
  );
});

test("whatever text goes into a header comes back out, in words of at most 75", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 80 }).map((text) => text.replace(/[\r\n]/g, "")),
      fc.constantFrom("Q" as const, "B" as const),
      (text, encoding) => {
        const encoded = encodeHeader(`ü${text}`, "utf-8", encoding);
        assert.equal(decodeWords(encoded), Buffer.from(`ü${text}`).toString());
        assert.ok(encoded.split("\r\n ").every((word) => word.length <= 75));
      },
    ),
  );
});

test("a letter a charset lacks is an error, not a question mark", () => {
  assert.throws(() => encodeText("€", "iso-8859-1"), RangeError);
  assert.throws(() => encodeText("ж", "windows-1252"), RangeError);
});
