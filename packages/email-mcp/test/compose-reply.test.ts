import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { composeReply, replySubject } from "../src/mime/compose-reply.ts";
import { parseHeaders } from "../src/mime/parse-headers.ts";

const OWN = ["owner@brightside.example", "robin.bright@gmail.com"];

function compose(...lines: string[]) {
  return composeReply(parseHeaders(Buffer.from(`${lines.join("\r\n")}\r\n\r\nHello`)).headers, OWN);
}

describe("who a reply goes to", () => {
  it("to the sender, in copy to the others, never to the owner", () => {
    const reply = compose(
      "From: Jo <jo@Customer.Example>",
      "To: Owner <owner@brightside.example>, Kim <kim@customer.example>",
      "Cc: lee@customer.example, KIM@customer.example, Robin.Bright+shop@googlemail.com",
      "Subject: Offer",
    );
    assert.deepEqual(reply, {
      to: ["jo@customer.example"],
      cc: ["kim@customer.example", "lee@customer.example"],
      subject: "Re: Offer",
      warnings: [],
    });
  });

  it("to Reply-To where there is one, with a warning when it differs", () => {
    const reply = compose(
      "From: jo@customer.example",
      "Reply-To: desk@help.example",
      "To: owner@brightside.example",
    );
    assert.deepEqual(reply.to, ["desk@help.example"]);
    assert.deepEqual(reply.cc, []);
    assert.match(reply.warnings.join(), /Reply-To differs from From/);
    assert.deepEqual(compose("From: Jo <jo@x.example>", "Reply-To: JO@x.example").warnings, []);
  });

  it("a sender cannot push that warning out of sight with oddities of the other lines", () => {
    const odd = Array.from({ length: 500 }, (_, index) => `group${index}: a@x.example;`).join(", ");
    const { warnings } = compose("From: jo@customer.example", "Reply-To: desk@help.example", `To: ${odd}`);
    assert.match(warnings[0] ?? "", /Reply-To differs from From/);
    assert.ok(warnings.length < 20);
  });

  it("a Reply-To that cannot be read falls back to the sender, with a warning", () => {
    const reply = compose("From: jo@customer.example", "Reply-To: all: a@evil.example, b@evil.example;");
    assert.deepEqual(reply.to, ["jo@customer.example"]);
    assert.equal(reply.warnings.length, 2);
  });

  it("an answer to the owner's own mail goes where that mail went", () => {
    const reply = compose(
      "From: owner@brightside.example",
      "To: jo@customer.example",
      "Cc: kim@customer.example",
    );
    assert.deepEqual([reply.to, reply.cc], [["jo@customer.example"], ["kim@customer.example"]]);
  });

  it("nothing hidden in an address line becomes a recipient", () => {
    const reply = compose(
      "From: jo@customer.example",
      "To: owner@brightside.example, grp: evil@x.example, c@x.example;",
      'Cc: "a@good.example" <evil@x.example>, kim@customer.example (evil@x.example), "x y"@x.example',
    );
    assert.deepEqual(reply.to, ["jo@customer.example"]);
    assert.deepEqual(reply.cc, ["evil@x.example"]);
    assert.match(
      reply.warnings.join("\n"),
      /shows another address than the real one, which is evil@x\.example/,
    );
    assert.equal(reply.warnings.filter((warning) => warning.startsWith("Left out")).length, 3);
  });

  it("a line folded with a header in it stays one line", () => {
    const reply = compose(
      "From: jo@customer.example\r\n Bcc: evil@x.example",
      "To: owner@brightside.example",
    );
    assert.deepEqual(reply.to, []);
    assert.match(reply.warnings.join(), /No recipient/);
  });

  it("two senders are none", () => {
    for (const lines of [["From: a@x.example", "From: b@x.example"], ["From: a@x.example, b@x.example"]]) {
      const reply = compose(...lines);
      assert.deepEqual(reply.to, []);
      assert.match(reply.warnings.join(), /more than one sender/);
    }
  });

  it("international domains are kept in their ASCII form and pointed out", () => {
    const reply = compose("From: j@xn--mller-kva.example");
    assert.deepEqual(reply.to, ["j@xn--mller-kva.example"]);
    assert.match(reply.warnings.join(), /international letters/);
  });

  it("a mailing's recipients are cut at the limit, with a warning", () => {
    const many = Array.from({ length: 60 }, (_, index) => `p${index}@x.example`).join(", ");
    const reply = compose("From: jo@customer.example", `To: ${many}`);
    assert.equal(reply.to.length + reply.cc.length, 20);
    assert.match(reply.warnings.join(), /41 more recipients/);
  });

  it("a mail without any address gives no recipient, and says so", () => {
    const reply = compose("Subject: hi");
    assert.deepEqual([reply.to, reply.cc], [[], []]);
    assert.match(reply.warnings.join(), /No recipient/);
  });
});

describe("the subject of a reply", () => {
  it("has Re: exactly once and is one line", () => {
    for (const [original, expected] of [
      ["Offer", "Re: Offer"],
      ["Re: Offer", "Re: Offer"],
      ["RE: re: AW: Re[2]: Offer", "Re: Offer"],
      ["Fwd: Offer", "Re: Fwd: Offer"],
      ["Regarding: Offer", "Re: Regarding: Offer"],
      ["", "Re:"],
      ["=?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?IPCfmIA=?=", "Re: Grüße 😀"],
      ["a=?utf-8?q?=0D=0ABcc=3A_evil=40x.example?=", "Re: a Bcc: evil@x.example"],
      ["\u202egnp.exe", "Re: gnp.exe"],
    ] as const) {
      assert.equal(replySubject(original), expected, original);
    }
    assert.ok(replySubject("x".repeat(5000)).length <= 500);
  });
});
