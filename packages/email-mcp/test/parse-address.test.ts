import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAddrSpec } from "../src/mime/parse-addr-spec.ts";
import { parseAddressList } from "../src/mime/parse-address.ts";

const addresses = (value: string) => parseAddressList(value).addresses.map(({ address }) => address);

describe("an address line", () => {
  it("ordinary forms are read", () => {
    for (const [line, expected] of [
      ["jo@x.example", ["jo@x.example"]],
      ["<jo@x.example>", ["jo@x.example"]],
      ["Jo Doe <Jo@X.Example>", ["Jo@x.example"]],
      ['"Doe, Jo" <jo@x.example>, kim@y.example', ["jo@x.example", "kim@y.example"]],
      ['"a \\" b" <jo@x.example>', ["jo@x.example"]],
      ["=?utf-8?q?J=C3=BCrgen?= <j@x.example>", ["j@x.example"]],
      ["Jürgen Müller <j@x.example>", ["j@x.example"]],
      ["jo@x.example <jo@x.example>", ["jo@x.example"]],
      ['"jo@x.example" <jo@x.example>', ["jo@x.example"]],
      ["a+tag@mail.x.example,,b@y.example,", ["a+tag@mail.x.example", "b@y.example"]],
      ["j@xn--mller-kva.example", ["j@xn--mller-kva.example"]],
      ["", []],
    ] as const) {
      const read = parseAddressList(line);
      assert.deepEqual(
        read.addresses.map(({ address }) => address),
        expected,
        line,
      );
      assert.deepEqual(read.rejected, [], line);
    }
  });

  it("a name is decoded, and stays on one line", () => {
    const [first] = parseAddressList(
      "=?utf-8?q?J=C3=BC?= =?utf-8?q?rgen=0ABcc=3A_x?= <j@x.example>",
    ).addresses;
    assert.equal(first?.name, "Jürgen Bcc: x");
  });

  it("every hostile form is left out and named, and its neighbours stay", () => {
    for (const hostile of [
      "friends: evil@x.example, b@x.example;",
      "undisclosed-recipients:;",
      "evil@x.example (comment)",
      "(a@b.example) evil@x.example",
      "(Jo, <jo@x.example>,) evil@x.example",
      '"evil x"@x.example',
      '"a@good.example,"@x.example',
      "boss@good.example <evil@x.example>",
      "<a@good.example> <evil@x.example>",
      "Jo <@relay.example:evil@x.example>",
      "evil%good.example@x.example",
      "evil@x.example\u0000",
      "evil@x.example\rBcc: b@x.example",
      "evil@xmaple\u0301.example",
      "еvil@x.example",
      "evil@b\u00fccher.example",
      "evil@[10.0.0.1]",
      "evil@10.0.0.1",
      "evil@localhost",
      "evil@-x.example",
      "evil..x@x.example",
      ".evil@x.example",
      "evil@x..example",
      "evil@@x.example",
      "evil x@x.example",
      "=?utf-8?q?evil=40x.example?=",
      "<>",
      `${"a".repeat(65)}@x.example`,
      `a@${"b".repeat(64)}.example`,
    ]) {
      const read = parseAddressList(`first@good.example, ${hostile}, last@good.example`);
      const kept = read.addresses.map(({ address }) => address);
      assert.equal(read.rejected.length, 1, hostile);
      assert.ok(
        kept.includes("first@good.example") && kept.every((one) => one.endsWith("@good.example")),
        hostile,
      );
      assert.ok(!kept.includes("a@good.example") && !kept.includes("boss@good.example"), hostile);
      assert.match(read.rejected[0]?.text ?? "", /^[^\p{Cc}]{1,120}$/u, hostile);
    }
  });

  it("what is not closed swallows nothing silently", () => {
    for (const line of [
      '"open <a@x.example>, b@x.example',
      "open (a@x.example, b@x.example",
      "x: a@x.example, b@x.example",
    ]) {
      assert.deepEqual(addresses(line), [], line);
      assert.equal(parseAddressList(line).rejected.length, 1, line);
    }
  });

  it("a line of a megabyte is read in a blink", () => {
    for (const piece of ["a@x.example,", "(", '"', "<", "a@", "=?utf-8?q?a?= ", "\\", ":", "a.a@"]) {
      const started = performance.now();
      parseAddressList(piece.repeat(1_000_000 / piece.length));
      assert.ok(performance.now() - started < 3000, piece);
    }
  });
});

describe("a bare address", () => {
  it("is taken only when it is exactly one", () => {
    assert.equal(parseAddrSpec("Jo@X.EXAMPLE"), "Jo@x.example");
    for (const bad of [
      "",
      "jo",
      "@x.example",
      "jo@x.example\n",
      " jo@x.example",
      "jo@x.example,b@y.example",
      "<jo@x.example>",
    ]) {
      assert.equal(parseAddrSpec(bad), null, JSON.stringify(bad));
    }
  });
});
