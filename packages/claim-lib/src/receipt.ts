import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { z } from "zod";
import { canonicalJson, sha256Hex } from "./canonical-json.ts";
import { fail } from "./errors.ts";

/**
 * The laptop's word that the owner approved exactly this. Only local-agent makes one; live MCP tools
 * check it themselves, whoever calls them.
 */
export const receiptSchema = z.strictObject({
  v: z.literal(1),
  /** The task. */
  id: z.string().min(1).max(64),
  rev: z.int().min(1).max(99),
  /** `email`, `accounting`, ... */
  channel: z.string().min(1).max(32),
  /** The account the effect happens in, for mail its address. */
  account: z.string().min(1).max(320),
  /** A receipt of a rehearsal is never good for the real thing. */
  mode: z.enum(["live", "dry_run"]),
  /** The kind of effect, for instance `email_reply`. */
  tool: z.string().min(1).max(64),
  /** SHA-256 of the canonical JSON of the arguments. */
  args_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** One receipt, one effect: the tool binds this to one handle for ever. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  issued_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** A receipt as it travels: the signed text itself, so that no re-serialising can change it. */
export const signedReceiptSchema = z.strictObject({
  receipt: z.string().max(4096),
  /** base64 of the ed25519 signature over the domain separator and the receipt's UTF-8 bytes. */
  signature: z.string().max(200),
});
export type SignedReceipt = z.infer<typeof signedReceiptSchema>;

/** Keeps a signature made for a receipt from being valid for anything else (and the reverse). */
const DOMAIN = "nightdesk receipt v1\n";

/** SHA-256 over the canonical arguments, as the receipt carries it. */
export function hashArgs(args: unknown): string {
  return sha256Hex(canonicalJson(args));
}

/** @param privateKeyPem an ed25519 key, PKCS#8 PEM */
export function signReceipt(receipt: Receipt, privateKeyPem: string): SignedReceipt {
  const text = canonicalJson(receiptSchema.parse(receipt));
  const signature = sign(null, Buffer.from(DOMAIN + text, "utf8"), createPrivateKey(privateKeyPem));
  return { receipt: text, signature: signature.toString("base64") };
}

export interface ReceiptExpectation {
  tool: string;
  channel: string;
  account: string;
  mode: "live" | "dry_run";
  /** The arguments the effect would be made with. */
  args: unknown;
  nowMs: number;
}

/**
 * Checks a receipt against what is about to be done and returns its content.
 * Throws RECEIPT_MISSING, RECEIPT_MALFORMED, RECEIPT_FORGED, RECEIPT_EXPIRED or RECEIPT_MISMATCH.
 * Whether the nonce is new is the caller's store's business.
 * @param publicKeyPem the enrolled ed25519 key, SPKI PEM
 */
export function verifyReceipt(signed: unknown, publicKeyPem: string, expected: ReceiptExpectation): Receipt {
  const receipt = openReceipt(signed, publicKeyPem);
  if (Date.parse(receipt.expires_at) <= expected.nowMs) {
    throw fail("RECEIPT_EXPIRED", "The receipt is past its time; nothing was done. Approve the note again.", {
      data: { expiresAt: receipt.expires_at },
    });
  }
  const mismatch =
    (["tool", "channel", "account", "mode"] as const).find((key) => receipt[key] !== expected[key]) ??
    (receipt.args_sha256 === hashArgs(expected.args) ? undefined : "args_sha256");
  if (mismatch) {
    throw fail(
      "RECEIPT_MISMATCH",
      `The receipt was given for something else (its ${mismatch} differs); nothing was done.`,
      { data: { field: mismatch } },
    );
  }
  return receipt;
}

/**
 * Checks form and signature only. For looking something up (`find`) and for the second half of an
 * effect, whose arguments were checked when it was prepared.
 */
export function openReceipt(signed: unknown, publicKeyPem: string): Receipt {
  if (signed === undefined || signed === null || signed === "") {
    throw fail("RECEIPT_MISSING", "This needs the owner's approval as a receipt; nothing was done.");
  }
  const envelope = signedReceiptSchema.safeParse(signed);
  if (!envelope.success) throw fail("RECEIPT_MALFORMED", "The receipt is not a receipt; nothing was done.");
  const bytes = Buffer.from(DOMAIN + envelope.data.receipt, "utf8");
  if (!verify(null, bytes, createPublicKey(publicKeyPem), Buffer.from(envelope.data.signature, "base64"))) {
    throw fail("RECEIPT_FORGED", "The receipt was not signed by this laptop; nothing was done.");
  }
  const receipt = receiptSchema.safeParse(parseJson(envelope.data.receipt));
  if (!receipt.success) throw fail("RECEIPT_MALFORMED", "The receipt lacks something; nothing was done.");
  return receipt.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
