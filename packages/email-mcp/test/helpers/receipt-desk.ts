import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashArgs, signReceipt, type Receipt, type SignedReceipt } from "@nightdesk/claim-lib";

export interface ReceiptDesk {
  /** Signs a receipt for these arguments, with anything in it changed. */
  sign(args: unknown, changes?: Partial<Receipt>): SignedReceipt;
  /** The same, signed by somebody else. */
  forge(args: unknown): SignedReceipt;
}

/** Makes the laptop's key pair in the state folder and signs like local-agent does. */
export function createReceiptDesk(statePath: string, account: string): ReceiptDesk {
  const own = generateKeyPairSync("ed25519");
  const foreign = generateKeyPairSync("ed25519");
  const pem = (key: typeof own.privateKey) => key.export({ type: "pkcs8", format: "pem" }).toString();
  mkdirSync(join(statePath, "keys"), { recursive: true });
  writeFileSync(
    join(statePath, "keys", "receipt.pub.pem"),
    own.publicKey.export({ type: "spki", format: "pem" }).toString(),
  );
  const make = (args: unknown, changes: Partial<Receipt>): Receipt => ({
    v: 1,
    id: "em0000000001",
    rev: 1,
    channel: "email",
    account,
    mode: "live",
    tool: "email_reply",
    args_sha256: hashArgs(args),
    nonce: randomBytes(16).toString("hex"),
    issued_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    ...changes,
  });
  return {
    sign: (args, changes = {}) => signReceipt(make(args, changes), pem(own.privateKey)),
    forge: (args) => signReceipt(make(args, {}), pem(foreign.privateKey)),
  };
}
