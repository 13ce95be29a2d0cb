import { createPublicKey, type KeyObject } from "node:crypto";

/** An ed25519 public key as one line in OpenSSH's form, as `allowed_signers` and `authorized_keys` want it. */
export function toSshPublicKey(key: KeyObject, comment: string): string {
  const type = Buffer.from("ssh-ed25519");
  const { x } = createPublicKey(key).export({ format: "jwk" });
  const bytes = Buffer.from(x ?? "", "base64url");
  const blob = Buffer.concat([withLength(type), withLength(bytes)]);
  return `ssh-ed25519 ${blob.toString("base64")} ${comment}`;
}

/** RFC 4251: a string is its length in four bytes, then its bytes. */
function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
