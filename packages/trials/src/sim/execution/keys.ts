import { createPrivateKey, createPublicKey } from "node:crypto";
import { signReceipt, type Receipt, type SignedReceipt } from "@nightdesk/claim-lib";

/** An ed25519 key that is the same in every run (PKCS#8 prefix and 32 bytes). */
const PRIVATE_KEY = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const PRIVATE_PEM = PRIVATE_KEY.export({ type: "pkcs8", format: "pem" }).toString();
export const PUBLIC_PEM = createPublicKey(PRIVATE_KEY).export({ type: "spki", format: "pem" }).toString();

export function signSimReceipt(receipt: Receipt): SignedReceipt {
  return signReceipt(receipt, PRIVATE_PEM);
}
