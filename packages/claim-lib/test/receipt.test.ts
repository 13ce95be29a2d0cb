import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { hashArgs, openReceipt, signReceipt, verifyReceipt, type Receipt } from "../src/index.ts";

const pem = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    private: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    public: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
};
const laptop = pem();
const args = { to: ["anna@kunde.example"], body: "Thursday works." };
const receipt: Receipt = {
  v: 1,
  id: "em_0123456789abcdef",
  rev: 1,
  channel: "email",
  account: "owner@shop.example",
  mode: "live",
  tool: "email_reply",
  args_sha256: hashArgs(args),
  nonce: "0".repeat(32),
  issued_at: "2026-11-21T08:00:00Z",
  expires_at: "2026-11-21T08:10:00Z",
};
const expected = {
  tool: "email_reply",
  channel: "email",
  account: "owner@shop.example",
  mode: "live",
  args,
  nowMs: Date.parse("2026-11-21T08:05:00Z"),
} as const;

test("a receipt is good for exactly what was approved", () => {
  const signed = signReceipt(receipt, laptop.private);
  assert.deepEqual(verifyReceipt(signed, laptop.public, expected), receipt);
  // The order of keys is not content.
  assert.deepEqual(
    verifyReceipt(signed, laptop.public, { ...expected, args: { body: args.body, to: args.to } }),
    receipt,
  );
});

test("a receipt is refused, each time for its own reason, when anything differs", () => {
  const signed = signReceipt(receipt, laptop.private);
  const flipped = signed.receipt.replace('"rev":1', '"rev":2');
  const refusals: [string, unknown, object, string][] = [
    ["none", undefined, {}, "RECEIPT_MISSING"],
    ["empty", "", {}, "RECEIPT_MISSING"],
    ["a path", "Approved/x.md", {}, "RECEIPT_MALFORMED"],
    ["another key's", signReceipt(receipt, pem().private), {}, "RECEIPT_FORGED"],
    ["edited", { ...signed, receipt: flipped }, {}, "RECEIPT_FORGED"],
    ["without signature", { ...signed, signature: "" }, {}, "RECEIPT_FORGED"],
    ["another body", signed, { args: { ...args, body: "Friday works." } }, "RECEIPT_MISMATCH"],
    [
      "another recipient",
      signed,
      { args: { ...args, to: ["anna@kunde.example", "evil@x.example"] } },
      "RECEIPT_MISMATCH",
    ],
    ["an extra argument", signed, { args: { ...args, bcc: [] } }, "RECEIPT_MISMATCH"],
    ["another tool", signed, { tool: "email_forward" }, "RECEIPT_MISMATCH"],
    ["another account", signed, { account: "other@shop.example" }, "RECEIPT_MISMATCH"],
    ["a rehearsal", signReceipt({ ...receipt, mode: "dry_run" }, laptop.private), {}, "RECEIPT_MISMATCH"],
    ["expired", signed, { nowMs: Date.parse("2026-11-21T08:10:00Z") }, "RECEIPT_EXPIRED"],
  ];
  for (const [name, given, change, code] of refusals) {
    assert.throws(() => verifyReceipt(given, laptop.public, { ...expected, ...change }), { code }, name);
  }
});

test("an expired receipt can still be looked up by its signer's word", () => {
  assert.equal(openReceipt(signReceipt(receipt, laptop.private), laptop.public).nonce, receipt.nonce);
});
