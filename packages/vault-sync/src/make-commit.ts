import { folderOf, taskKey, type AgentName } from "@nightdesk/claim-lib";
import { encodeCommit } from "./git/commit-codec.ts";
import type { CommitSigner } from "./git/commit-signer.ts";
import type { ObjectStore } from "./git/object-store.ts";
import type { Oid } from "./git/oid.ts";
import type { TreeChange, VaultTree } from "./vault-index.ts";

/** What changed, as people speak of it. */
export interface ChangeSummary {
  created: string[];
  changed: string[];
  removed: string[];
  moved: { from: string; to: string }[];
}

/** Sorts changes into created, changed, removed and moved. */
export function summarise(before: VaultTree, changes: readonly TreeChange[]): ChangeSummary {
  const summary: ChangeSummary = { created: [], changed: [], removed: [], moved: [] };
  const goneByKey = new Map<string, string>();
  for (const { path, oid } of changes) {
    if (oid === null) goneByKey.set(taskKey(path) ?? before.get(path) ?? path, path);
  }
  for (const { path, oid } of changes) {
    if (oid === null) continue;
    const key = taskKey(path) ?? oid;
    const from = goneByKey.get(key);
    if (before.has(path)) summary.changed.push(path);
    else if (from === undefined) summary.created.push(path);
    else {
      summary.moved.push({ from, to: path });
      goneByKey.delete(key);
    }
  }
  summary.removed.push(...goneByKey.values());
  return summary;
}

export interface CommitInput {
  agent: AgentName;
  parent: Oid | null;
  tree: Oid;
  summary: ChangeSummary;
  /** The tip holds changes that were refused; this commit takes them back. */
  takesBack: boolean;
  atMs: number;
}

/** Writes the signed commit and returns its name. */
export async function makeCommit(
  store: Pick<ObjectStore, "writeCommit">,
  signer: Pick<CommitSigner, "sign">,
  input: CommitInput,
): Promise<Oid> {
  const draft = {
    tree: input.tree,
    parents: input.parent === null ? [] : [input.parent],
    // Reserved by RFC 2606: no mail can ever go there.
    author: { name: `nightdesk ${input.agent}`, email: `${input.agent}@nightdesk.invalid` },
    atMs: input.atMs,
    message: `${messageOf(input)}\n\nNightdesk-Agent: ${input.agent}\n`,
  };
  return store.writeCommit(encodeCommit(draft, signer.sign(encodeCommit(draft))));
}

/** One line per kind of change; folders only, since file names tell who writes to the owner. */
function messageOf({ summary, takesBack, agent }: CommitInput): string {
  const lines = [
    ...countFolders("Add", "in", summary.created.map(folderOf)),
    ...countFolders(
      "Move",
      "",
      summary.moved.map(({ from, to }) => `${folderOf(from) || "/"} -> ${folderOf(to) || "/"}`),
    ),
    ...countFolders("Change", "in", summary.changed.map(folderOf)),
    ...countFolders("Remove", "from", summary.removed.map(folderOf)),
  ];
  if (takesBack) lines.push("Take back what was refused");
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return only;
  return `Sync ${agent}\n\n${lines.join("\n")}`;
}

function countFolders(verb: string, word: string, folders: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const folder of folders) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  return [...counts].map(([folder, count]) =>
    [verb, String(count), word, folder || "the vault"].filter((part) => part !== "").join(" "),
  );
}
