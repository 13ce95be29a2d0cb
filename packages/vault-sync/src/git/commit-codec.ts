import { fail } from "../errors.ts";
import { isOid, type Oid } from "./oid.ts";

export interface CommitDraft {
  tree: Oid;
  parents: readonly Oid[];
  author: { name: string; email: string };
  /** Milliseconds; git keeps whole seconds. */
  atMs: number;
  message: string;
}

export interface Commit {
  tree: Oid;
  parents: readonly Oid[];
  /** `Name <mail>` as written. Says nothing about who made it; the signature does. */
  author: string;
  committedAtMs: number;
  message: string;
  /** The armoured signature, or null. */
  signature: string | null;
  /** What the signature was made over. */
  signedPayload: Uint8Array;
}

/** The bytes of a commit object, with the signature as git's `gpgsig` header when there is one. */
export function encodeCommit(draft: CommitDraft, signature: string | null = null): Uint8Array {
  const who = `${draft.author.name} <${draft.author.email}> ${Math.floor(draft.atMs / 1000)} +0000`;
  const lines = [
    `tree ${draft.tree}`,
    ...draft.parents.map((parent) => `parent ${parent}`),
    `author ${who}`,
    `committer ${who}`,
  ];
  if (signature !== null) lines.push(`gpgsig ${signature.trimEnd().split("\n").join("\n ")}`);
  const message = draft.message.endsWith("\n") ? draft.message : `${draft.message}\n`;
  return Buffer.from(`${lines.join("\n")}\n\n${message}`, "utf8");
}

interface Header {
  name: string;
  /** Continuation lines joined with a newline. */
  value: string;
  start: number;
  end: number;
}

/** Reads a commit object; a form git itself would not write is OBJECT_MALFORMED. */
export function parseCommit(bytes: Uint8Array): Commit {
  // latin1 keeps one character per byte, so that the signed payload can be cut out exactly.
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = data.toString("latin1");
  const blank = text.indexOf("\n\n");
  const headerEnd = blank < 0 ? text.length : blank + 1;
  const headers = readHeaders(text.slice(0, headerEnd));
  const tree = only(headers, "tree");
  const parents = headers.filter((header) => header.name === "parent").map((header) => header.value);
  const committer = only(headers, "committer");
  if (!isOid(tree) || !parents.every(isOid)) throw malformed();
  const signatures = headers.filter((header) => header.name === "gpgsig" || header.name === "gpgsig-sha256");
  const [signature] = signatures;
  const seconds = /> (\d{1,12}) [+-]\d{4}$/.exec(committer)?.[1];
  return {
    tree,
    parents,
    author: utf8(only(headers, "author")).replace(/ \d+ [+-]\d{4}$/, ""),
    committedAtMs: seconds === undefined ? 0 : Number(seconds) * 1000,
    message: blank < 0 ? "" : utf8(text.slice(blank + 2)),
    signature: signatures.length === 1 && signature?.name === "gpgsig" ? `${signature.value}\n` : null,
    signedPayload:
      signatures.length === 1 && signature
        ? Buffer.concat([data.subarray(0, signature.start), data.subarray(signature.end)])
        : data,
  };
}

function readHeaders(text: string): Header[] {
  const headers: Header[] = [];
  let at = 0;
  for (const line of text.split("\n").slice(0, -1)) {
    const end = at + line.length + 1;
    const last = headers.at(-1);
    if (line.startsWith(" ") && last) {
      last.value += `\n${line.slice(1)}`;
      last.end = end;
    } else {
      const space = line.indexOf(" ");
      if (space <= 0) throw malformed();
      headers.push({ name: line.slice(0, space), value: line.slice(space + 1), start: at, end });
    }
    at = end;
  }
  return headers;
}

function only(headers: readonly Header[], name: string): string {
  const [first, second] = headers.filter((header) => header.name === name);
  if (!first || second) throw malformed();
  return first.value;
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

function malformed() {
  return fail("OBJECT_MALFORMED", "A commit in the remote's history is damaged; nothing of it was taken.");
}
