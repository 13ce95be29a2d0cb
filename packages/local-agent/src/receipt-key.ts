import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "./errors.ts";

/** The key that signs approvals, PKCS#8 PEM, out of `keys/receipt.pem`. Throws RECEIPT_KEY_UNUSABLE. */
export async function loadReceiptKey(statePath: string): Promise<string> {
  const path = join(statePath, "keys", "receipt.pem");
  let pem: string;
  try {
    pem = await readFile(path, "utf8");
  } catch (error) {
    throw unusable(path, "could not be read", error);
  }
  let type: string | undefined;
  try {
    type = createPrivateKey(pem).asymmetricKeyType;
  } catch (error) {
    throw unusable(path, "is not a key", error);
  }
  if (type !== "ed25519") throw unusable(path, "is not an ed25519 key");
  return pem;
}

function unusable(path: string, why: string, cause?: unknown) {
  return fail(
    "RECEIPT_KEY_UNUSABLE",
    `The key that signs approvals, ${path}, ${why}. Nothing was started and nothing can be sent. Make one with: nightdesk init`,
    { data: { path }, cause },
  );
}
