import { createPrivateKey, type KeyObject } from "node:crypto";
import { fail } from "../errors.ts";
import type { Commit } from "./commit-codec.ts";
import { readSshPublicKey, signSsh, toSshPublicKey, verifySsh } from "./sshsig.ts";

/** Namespace git gives its signatures; one made for anything else never passes for a commit's. */
const NAMESPACE = "git";

/** This replica's hand under a commit. */
export interface CommitSigner {
  sign(payload: Uint8Array): string;
  /** True when the commit was signed by this replica's own key. */
  isOwn(commit: Commit): boolean;
  /** `ssh-ed25519 AAAA...`, as enrolled elsewhere. */
  publicKey: string;
}

/** @param privateKeyPem ed25519, PKCS#8 PEM. Throws KEY_MALFORMED. */
export function createCommitSigner(privateKeyPem: string): CommitSigner {
  const key = readPrivateKey(privateKeyPem);
  const publicKey = toSshPublicKey(key);
  const ownKey = readSshPublicKey(publicKey);
  return {
    publicKey,
    sign: (payload) => signSsh(payload, NAMESPACE, key),
    isOwn: (commit) => isSignedBy(commit, ownKey),
  };
}

/** True when `commit` carries a valid signature by `publicKey`. */
export function isSignedBy(commit: Commit, publicKey: KeyObject): boolean {
  return commit.signature !== null && verifySsh(commit.signedPayload, commit.signature, NAMESPACE, publicKey);
}

function readPrivateKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // The reason could quote the key.
  }
  throw fail("KEY_MALFORMED", "keys/sync.pem is not an ed25519 private key in PEM form; nothing was synced.");
}
