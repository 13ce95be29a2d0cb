import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { createSeededRandom } from "@nightdesk/testkit";
import { parseMail } from "../src/mime/parse-mail.ts";
import { readHtmlFacts } from "../src/mime/read-links.ts";

const HEAD = "From: Jo <jo@x.example>\r\nTo: owner@b.example\r\nSubject: Hi\r\n";
const mail = (head: string, body: string | Buffer) =>
  parseMail(Buffer.concat([Buffer.from(`${HEAD}${head}\r\n\r\n`), Buffer.from(body)]));

/** What the judge of triage is told besides; none of it stands in the mail of these tests. */
const NO_SIGNS = {
  return_path: null,
  received_spf: null,
  feedback_id: null,
  auto_response_suppress: null,
  mailer: null,
  importance: null,
  date: null,
  delivered_to: null,
  content_type: null,
  received_count: 0,
};

describe("a mail is decoded", () => {
  it("in every usual character set and packing", async () => {
    const cases: [string, string | Buffer][] = [
      ["Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", "Grüße €"],
      [
        "Content-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: quoted-printable",
        "Gr=FC=DFe =80",
      ],
      [
        "Content-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable",
        "Gr=FC=DFe =80",
      ],
      [
        'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64',
        Buffer.from("Grüße €").toString("base64"),
      ],
      [
        "Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64",
        Buffer.from("Grüße €", "utf16le").toString("base64"),
      ],
    ];
    for (const [head, body] of cases) {
      const parsed = await mail(head, body);
      assert.match(parsed.text, /^Grüße ./u, head);
      assert.deepEqual(parsed.problems, [], head);
      assert.equal(parsed.html_only, false);
    }
  });

  it("HTML alone becomes text with its links written out, wherever it lies", async () => {
    const html = '<p>Hello <b>you</b></p><a href="https://evil.example/login?x=1">https://bank.example</a>';
    const bodies = [
      ["Content-Type: text/html; charset=utf-8", html],
      [
        'Content-Type: multipart/alternative; boundary="b"',
        `--b\r\nContent-Type: text/html\r\n\r\n${html}\r\n--b--\r\n`,
      ],
      [
        'Content-Type: multipart/mixed; boundary="b"',
        `--b\r\nContent-Type: multipart/related; boundary=c\r\n\r\n--c\r\nContent-Type: text/html\r\n\r\n${html}\r\n--c--\r\n--b--\r\n`,
      ],
      [
        'Content-Type: multipart/alternative; boundary="b"',
        `--b\r\nContent-Type: text/plain\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n${html}\r\n--b--\r\n`,
      ],
    ] as const;
    for (const [head, body] of bodies) {
      const parsed = await mail(head, body);
      assert.equal(parsed.html_only, true, head);
      assert.match(parsed.text, /Hello you/);
      assert.match(parsed.text, /https:\/\/evil\.example\/login\?x=1/);
      assert.deepEqual(parsed.problems, []);
    }
  });

  it("plain text is preferred to HTML, and a footer does not hide an HTML mail", async () => {
    const both = await mail(
      "Content-Type: multipart/alternative; boundary=b",
      "--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--b--\r\n",
    );
    assert.equal(both.text.trim(), "plain");
    assert.equal(both.html_only, false);
    const footer = await mail(
      "Content-Type: multipart/mixed; boundary=b",
      "--b\r\nContent-Type: text/html\r\n\r\n<p>main words</p>\r\n--b\r\nContent-Type: text/plain\r\n\r\nfooter\r\n--b--\r\n",
    );
    assert.match(footer.text, /main words[\s\S]*footer/);
  });

  it("attachments are named and hashed, their content is left out", async () => {
    const content = Buffer.from("%PDF-1.4 secret content");
    const parsed = await mail(
      "Content-Type: multipart/mixed; boundary=b",
      `--b\r\n\r\nSee attachment\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''R%C3%A4chnung%0A.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${content.toString("base64")}\r\n--b--\r\n`,
    );
    assert.deepEqual(parsed.attachments, [
      {
        name: "Rächnung .pdf",
        type: "application/pdf",
        size: content.length,
        sha256: createHash("sha256").update(content).digest("hex"),
      },
    ]);
    assert.ok(!JSON.stringify(parsed).includes("secret content"));
    assert.deepEqual(parsed.problems, []);
  });

  it("header lines are read, and missing ones are null", async () => {
    const parsed = await mail(
      "Message-ID: <a@x.example>\r\nIn-Reply-To: <p@x.example>\r\nReferences: <o@x.example>\r\n <p@x.example>\r\nList-Id: News <news.x.example>\r\nList-Unsubscribe: <https://x.example/u>\r\nPrecedence: bulk\r\nAuto-Submitted: auto-replied\r\nAuthentication-Results: mx.google.com; dkim=pass\r\nAuthentication-Results: forged; dkim=pass\r\nReply-To: Desk <desk@x.example>",
      "x",
    );
    const { names, ...header } = parsed.header;
    assert.ok(names.includes("list-id") && names.includes("auto-submitted"), names.join());
    assert.deepEqual(header, {
      ...NO_SIGNS,
      message_id: "<a@x.example>",
      in_reply_to: "<p@x.example>",
      references: ["<o@x.example>", "<p@x.example>"],
      list_id: "News <news.x.example>",
      list_unsubscribe: "<https://x.example/u>",
      precedence: "bulk",
      auto_submitted: "auto-replied",
      authentication_results: "mx.google.com; dkim=pass",
    });
    assert.deepEqual(parsed.reply_to, [{ name: "Desk", address: "desk@x.example" }]);
    const bare = await mail("X-A: b", "x");
    const { names: bareNames, references, received_count, ...lines } = bare.header;
    assert.deepEqual([references, received_count, bareNames.includes("x-a")], [[], 0, true]);
    assert.deepEqual(
      Object.values(lines).filter((value) => value !== null && !String(value).startsWith("text/plain")),
      [],
    );
  });
});

describe("what cannot be decoded is said in plain words", () => {
  const cases: [string, string, string | Buffer, RegExp][] = [
    [
      "an unknown character set",
      "Content-Type: text/plain; charset=x-klingon",
      "abc",
      /character set "x-klingon"/,
    ],
    [
      "bytes that are no letters",
      "Content-Type: text/plain; charset=utf-8",
      Buffer.from([0x61, 0xff, 0xfe, 0x62]),
      /letters could not be read/,
    ],
    [
      "broken base64",
      "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64",
      "SGVs%%bG8",
      /broken base64/,
    ],
    ["cut base64", "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64", "SGVsb", /broken base64/],
    [
      "broken quoted-printable",
      "Content-Transfer-Encoding: quoted-printable",
      "100=ZZ",
      /broken quoted-printable/,
    ],
    ["an unknown packing", "Content-Transfer-Encoding: x-rot13", "abc", /packed in a way that is not known/],
    ["a mail that is cut off", "Content-Type: multipart/mixed; boundary=b", "--b\r\n\r\nhalf", /cut off/],
    ["parts without a mark", "Content-Type: multipart/mixed", "abc", /not where they begin/],
    ["parts that are missing", "Content-Type: multipart/mixed; boundary=b", "abc", /none was found/],
    ["damaged header lines", "not a header line", "abc", /header lines are damaged/],
    [
      "a group as sender",
      "Cc: all: a@x.example, b@x.example;",
      "abc",
      /in the Cc line was left out, because it is a group/,
    ],
  ];
  for (const [name, head, body, expected] of cases) {
    it(name, async () => {
      const parsed = await mail(head, body);
      assert.match(parsed.problems.join("\n"), expected);
      assert.equal(parsed.from.address, "jo@x.example");
    });
  }

  it("very long text is cut, and says so", async () => {
    const parsed = await mail("X-A: b", "word ".repeat(100_000));
    assert.equal(parsed.text.length, 200_000);
    assert.match(parsed.problems.join(), /only its first 200000 characters/);
  });

  it("what is no mail at all still gives a result that says so", async () => {
    for (const raw of [
      "",
      "\0\0\0",
      "\r\n\r\n",
      "garbage",
      "%PDF-1.7\n%âãÏÓ",
      "Content-Type: multipart/mixed; boundary=b",
    ]) {
      const parsed = await parseMail(Buffer.from(raw, "latin1"));
      assert.ok(parsed.problems.length > 0, JSON.stringify(raw));
      assert.equal(parsed.from.address, "");
    }
  });

  it(
    "damaged at any place, a mail is read without an error and without hanging",
    { timeout: 30_000 },
    async () => {
      const random = createSeededRandom(7);
      const seed = Buffer.from(
        `${HEAD}Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>Hi <a href=x>y</a>\r\n--c--\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\ninner\r\n--b\r\nContent-Type: image/png; name="=?utf-8?q?a?="\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n`,
      );
      for (let round = 0; round < 400; round += 1) {
        const bytes = Buffer.from(seed);
        for (let change = 0; change < 1 + random.below(12); change += 1) {
          bytes[random.below(bytes.length)] = random.pick([
            0,
            10,
            13,
            34,
            45,
            58,
            59,
            61,
            255,
            random.below(256),
          ]);
        }
        const parsed = await parseMail(bytes.subarray(0, 1 + random.below(bytes.length)));
        assert.equal(typeof parsed.text, "string");
      }
    },
  );
});

describe("links and hidden text of HTML are told as facts, without the addresses themselves", () => {
  it("host, shown host, redirects and hidden letters", async () => {
    const parsed = await mail(
      "Content-Type: text/html; charset=utf-8",
      '<p>See <a href="https://evil.example/r?u=https%3A%2F%2Fx.example&t=key">www.bank.example</a></p><div style="display: none">secret words</div><form action="http://10.0.0.1/x"></form><img src="x.png">',
    );
    assert.deepEqual(parsed.links, [
      { scheme: "https", host: "evil.example", shown_host: "www.bank.example", params: 2, redirects: true },
      { scheme: "http", host: "10.0.0.1", shown_host: "", params: 0, redirects: false },
    ]);
    assert.deepEqual([parsed.html?.hidden_chars, parsed.html?.images, parsed.html?.forms], [11, 1, 1]);
  });

  it("a plain text has its links too, and no HTML", async () => {
    const parsed = await mail("X-A: b", "Pay at http://pay.example/a?b=1 now");
    assert.deepEqual([parsed.links.map(({ host }) => host), parsed.html], [["pay.example"], null]);
  });

  it("half a megabyte of hostile HTML is read in a moment", async () => {
    for (const piece of ["<a ", "<", "<a href=x>", "<!--", '<p style="', "a=b "]) {
      const before = process.cpuUsage();
      readHtmlFacts(piece.repeat(Math.ceil(500_000 / piece.length)));
      const ms = process.cpuUsage(before).user / 1000;
      // A machine of any speed: what grows with the square of the length takes minutes.
      assert.ok(ms < 10_000, `${piece} took ${ms} ms`);
    }
  });
});
