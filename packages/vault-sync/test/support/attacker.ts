import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runGit, type BareRemote } from "@nightdesk/testkit";
import { encodeCommit } from "../../src/git/commit-codec.ts";
import { createCommitSigner } from "../../src/git/commit-signer.ts";
import type { Machine } from "./replicas.ts";

/**
 * Pushes changes with a machine's key, by plain git on the bare repository: a thief needs no program of
 * ours. `null` removes a path; `{ mode, text }` makes any kind of entry.
 */
export async function pushAs(
  machine: Machine,
  remote: BareRemote,
  changes: Record<string, string | null | { mode: string; text: string }>,
): Promise<string> {
  const signer = createCommitSigner(await readFile(join(machine.state, "keys", "sync.pem"), "utf8"));
  const index = join(remote.path, `index-${Math.random().toString(16).slice(2)}`);
  const git = (args: string[], input?: string | Buffer) =>
    runGit(args, remote.path, { env: { GIT_INDEX_FILE: index }, ...(input === undefined ? {} : { input }) });
  const tip = await remote.tip();
  if (tip !== null) await git(["read-tree", tip]);
  for (const [path, change] of Object.entries(changes)) {
    if (change === null) await git(["update-index", "--force-remove", "--", path]);
    else {
      const { mode, text } = typeof change === "string" ? { mode: "100644", text: change } : change;
      const oid = mode === "160000" ? text : await git(["hash-object", "-w", "--stdin"], text);
      await git(["update-index", "--add", "--cacheinfo", `${mode},${oid},${path}`]);
    }
  }
  const draft = {
    tree: await git(["write-tree"]),
    parents: tip === null ? [] : [tip],
    author: { name: "x", email: "x@example.com" },
    atMs: Date.now(),
    message: "sync",
  };
  const bytes = Buffer.from(encodeCommit(draft, signer.sign(encodeCommit(draft))));
  const commit = await git(["hash-object", "-t", "commit", "-w", "--stdin"], bytes);
  await git(["update-ref", `refs/heads/${remote.branch}`, commit]);
  return commit;
}
