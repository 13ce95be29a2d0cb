import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { runGit, type BareRemote } from "@nightdesk/testkit";

interface RawEntry {
  mode: string;
  name: string | Buffer;
  oid: string;
}

/**
 * Somebody with the cloud's login and a plain git of their own: a repository beside ours, objects written
 * with git's own commands, and a real push. Nothing of our code takes part.
 */
export interface RawClient {
  /** The remote's branch as it is now. */
  pull(): Promise<string | null>;
  blob(content: string | Buffer): Promise<string>;
  /** A tree from `git mktree`, which checks nothing but the form. */
  mktree(entries: readonly RawEntry[]): Promise<string>;
  /** A tree of any bytes, `git hash-object --literally`. */
  rawTree(entries: readonly RawEntry[]): Promise<string>;
  /** The newest commit's tree with these paths put in; `null` takes one out. */
  change(changes: Readonly<Record<string, string | null | { mode: string; oid: string }>>): Promise<string>;
  commit(tree: string, parents?: readonly string[]): Promise<string>;
  rawCommit(text: string | Buffer): Promise<string>;
  push(commit: string): Promise<void>;
  git(args: readonly string[], input?: string | Buffer): Promise<string>;
}

/** Large cases take a while where other tests run beside them. */
const TIMEOUT_MS = 180_000;

export async function createRawClient(
  root: string,
  remote: Pick<BareRemote, "path" | "branch">,
): Promise<RawClient> {
  const path = await mkdtemp(join(root, "thief-"));
  const run = (args: readonly string[], input?: string | Buffer, env: Record<string, string> = {}) =>
    runGit(args, path, { env, timeoutMs: TIMEOUT_MS, ...(input === undefined ? {} : { input }) });
  await run(["init", "--quiet", "--bare", "."]);
  await run(["config", "core.compression", "1"]);
  let tip: string | null = null;
  const client: RawClient = {
    git: (args, input) => run(args, input),
    async pull() {
      await run(["fetch", "--quiet", remote.path, `+${remote.branch}:refs/heads/theirs`]);
      tip = await run(["rev-parse", "refs/heads/theirs"]);
      return tip;
    },
    blob: (content) => run(["hash-object", "-w", "--stdin"], content),
    mktree: (entries) => run(["mktree", "-z", "--missing"], Buffer.concat(entries.map(listed))),
    rawTree: (entries) => run(HASH_TREE, encode(entries)),
    async change(changes) {
      const index = { GIT_INDEX_FILE: join(path, "index") };
      await run(["read-tree", tip ?? "--empty"], undefined, index);
      for (const [name, change] of Object.entries(changes)) {
        if (change === null)
          await run(["update-index", "--index-info"], `0 ${"0".repeat(40)}\t${name}\n`, index);
        else {
          const { mode, oid } =
            typeof change === "string" ? { mode: "100644", oid: await client.blob(change) } : change;
          await run(["update-index", "--add", "--cacheinfo", `${mode},${oid},${name}`], undefined, index);
        }
      }
      return run(["write-tree", "--missing-ok"], undefined, index);
    },
    commit: (tree, parents = tip === null ? [] : [tip]) =>
      run(["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", "sync"]),
    rawCommit: (text) => run(["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], text),
    async push(commit) {
      await run(["push", "--quiet", remote.path, `${commit}:refs/heads/${remote.branch}`]);
    },
  };
  return client;
}

const HASH_TREE = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"];

function listed({ mode, name, oid }: RawEntry): Buffer {
  const type = mode.endsWith("40000") ? "tree" : mode === "160000" ? "commit" : "blob";
  return Buffer.concat([Buffer.from(`${mode} ${type} ${oid}\t`), Buffer.from(name), Buffer.of(0)]);
}

function encode(entries: readonly RawEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ mode, name, oid }) => [
      Buffer.from(`${mode} `),
      Buffer.from(name),
      Buffer.of(0),
      Buffer.from(oid, "hex"),
    ]),
  );
}
