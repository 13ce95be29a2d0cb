import { fail } from "../errors.ts";
import { REPAIR_HINT } from "../repair/repair-hint.ts";
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

/**
 * Reads a commit object as git does: its tree and parents are what stands at the beginning, in order, and
 * without a tree it is OBJECT_MALFORMED. Anything odd further down (no author, two of them, a second tree)
 * comes out as a commit nobody signed: it can be judged and taken back, and is never one of ours.
 */
export function parseCommit(bytes: Uint8Array): Commit {
  // latin1 keeps one character per byte, so that the signed payload can be cut out exactly.
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = data.toString("latin1");
  const blank = text.indexOf("\n\n");
  const { headers, isOdd } = readHeaders(text.slice(0, blank < 0 ? text.length : blank + 1));
  const [first] = headers;
  const afterParents = headers.findIndex((header, index) => index > 0 && header.name !== "parent");
  const parents = headers
    .slice(1, afterParents < 0 ? headers.length : afterParents)
    .map((header) => header.value);
  const tree = first?.name === "tree" ? first.value : null;
  if (!isOid(tree) || !parents.every(isOid)) throw malformed();
  const rest = headers.slice(1 + parents.length);
  const author = only(rest, "author");
  const committer = only(rest, "committer");
  const signatures = rest.filter((header) => header.name === "gpgsig" || header.name === "gpgsig-sha256");
  const [signature] = signatures;
  const isPlain =
    !isOdd &&
    author !== null &&
    committer !== null &&
    !rest.some(({ name }) => name === "tree" || name === "parent");
  const isSigned = isPlain && signatures.length === 1 && signature?.name === "gpgsig";
  const seconds = /> (\d{1,12}) [+-]\d{4}$/.exec(committer ?? "")?.[1];
  return {
    tree,
    parents,
    author: utf8(author ?? "").replace(/ \d+ [+-]\d{4}$/, ""),
    committedAtMs: seconds === undefined ? 0 : Number(seconds) * 1000,
    message: blank < 0 ? "" : utf8(text.slice(blank + 2)),
    signature: isSigned ? `${signature.value}\n` : null,
    signedPayload: isSigned
      ? Buffer.concat([data.subarray(0, signature.start), data.subarray(signature.end)])
      : data,
  };
}

function readHeaders(text: string): { headers: Header[]; isOdd: boolean } {
  const headers: Header[] = [];
  let isOdd = !text.endsWith("\n");
  let at = 0;
  for (const line of text.split("\n").slice(0, isOdd ? undefined : -1)) {
    const end = at + line.length + 1;
    const last = headers.at(-1);
    const space = line.indexOf(" ");
    if (space === 0 && last) {
      last.value += `\n${line.slice(1)}`;
      last.end = end;
    } else if (space <= 0) isOdd = true;
    else headers.push({ name: line.slice(0, space), value: line.slice(space + 1), start: at, end });
    at = end;
  }
  return { headers, isOdd };
}

/** The one header of this name; null when there is none, or several. */
function only(headers: readonly Header[], name: string): string | null {
  const [first, second] = headers.filter((header) => header.name === name);
  return first && !second ? first.value : null;
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

function malformed() {
  return fail(
    "OBJECT_MALFORMED",
    `A commit in the remote's history is damaged; nothing of it was taken. ${REPAIR_HINT}`,
  );
}
