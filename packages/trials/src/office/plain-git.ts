import { generateKeyPairSync } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { runGit, type BareRemote } from "@nightdesk/testkit";
import { createCommitSigner, encodeCommit } from "@nightdesk/vault-sync";
import { fail } from "../errors.ts";

/** A path's new content; `text: null` takes it away. A plain file where no mode is given. */
export interface TreeEdit {
  path: string;
  text: string | Buffer | null;
  /** Git's own: 120000 a link, 100755 a program, 160000 a repository (its text is the commit). */
  mode?: string;
}

export interface PushOptions {
  /** A signature over the commit's bytes; the thief's own (the cloud's key) when left out, none for null. */
  sign?: ((payload: Uint8Array) => string) | null;
  author?: { name: string; email: string };
  /** Told the tip; what the commit is built on. */
  parents?: (tip: string) => string[];
  /** The commit whose files it begins with; the tip when left out, nothing for null. */
  base?: string | null;
}

/** Somebody who holds a replica's key and works with plain git, past every program of ours. */
export interface PlainGit {
  /** One signed commit with these edits on the remote's tip, pushed; resolves with its name. */
  push(edits: readonly TreeEdit[], options?: PushOptions): Promise<string>;
  /** The same without pushing it: for the other parent of a merge. */
  commit(edits: readonly TreeEdit[], options?: PushOptions): Promise<string>;
  /** Moves the branch wherever it should be, as who runs the remote can. */
  force(commit: string): Promise<void>;
  git(args: readonly string[], input?: string | Buffer): Promise<string>;
}

/** A daemon may push between our fetch and our push; then everything is made anew on the new tip. */
const MAX_TRIES = 40;
const NO_OBJECT = "0".repeat(40);

export async function openPlainGit(
  remote: Pick<BareRemote, "path" | "branch" | "git">,
  folder: string,
  keyPath: string,
): Promise<PlainGit> {
  await mkdir(folder, { recursive: true });
  await runGit(["clone", "--quiet", "--no-checkout", remote.path, folder], folder);
  const own = createCommitSigner(await readFile(keyPath, "utf8"));
  const git: Git = (args, input) => runGit(args, folder, input === undefined ? {} : { input });
  const build: Build = (tip, edits, options) => buildCommit(git, own.sign, tip, edits, options);
  const fetchTip = async () => {
    await git(["fetch", "--quiet", "origin"]);
    return git(["rev-parse", `origin/${remote.branch}`]);
  };
  const isPushed = (commit: string, ref: string) =>
    git(["push", "--quiet", "origin", `${commit}:${ref}`]).then(
      () => true,
      () => false,
    );
  /** One commit on the other, and one push for all of them: many pushes in a row would only starve the laptop. */
  const pushAll = async (jobs: readonly Job[]) => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const commits: string[] = [];
      let tip = await fetchTip();
      for (const { edits, options } of jobs) commits.push((tip = await build(tip, edits, options)));
      if (await isPushed(tip, `refs/heads/${remote.branch}`)) return commits;
    }
    throw fail("TRIAL_BROKEN", `A hostile commit could not be pushed in ${MAX_TRIES} tries.`);
  };
  // One after the other: they share one index.
  const inTurn = createTurn();
  const push = createPushQueue(inTurn, pushAll);
  return {
    push,
    git: (args, input) => inTurn(() => git(args, input)),
    commit: (edits, options = {}) => inTurn(async () => build(await fetchTip(), edits, options)),
    force: (commit) =>
      inTurn(async () => {
        await isPushed(commit, `refs/thief/${commit}`);
        await remote.git("update-ref", `refs/heads/${remote.branch}`, commit);
      }),
  };
}

type Git = PlainGit["git"];
type Build = (tip: string, edits: readonly TreeEdit[], options: PushOptions) => Promise<string>;

async function buildCommit(
  git: Git,
  ownSign: (payload: Uint8Array) => string,
  tip: string,
  edits: readonly TreeEdit[],
  options: PushOptions,
): Promise<string> {
  const draft = {
    tree: await makeTree(git, options.base === undefined ? tip : options.base, edits),
    parents: options.parents?.(tip) ?? [tip],
    author: options.author ?? { name: "nightdesk cloud", email: "cloud@nightdesk.invalid" },
    atMs: Date.now(),
    message: "sync",
  };
  const sign = options.sign === undefined ? ownSign : options.sign;
  const bytes = encodeCommit(draft, sign?.(encodeCommit(draft)) ?? null);
  return git(["hash-object", "-t", "commit", "-w", "--stdin"], Buffer.from(bytes));
}

async function makeTree(git: Git, base: string | null, edits: readonly TreeEdit[]): Promise<string> {
  await git(["read-tree", ...(base === null ? ["--empty"] : [base])]);
  const lines: string[] = [];
  for (const { path, text, mode = "100644" } of edits) {
    if (text === null) lines.push(`0 ${NO_OBJECT}\t${path}\n`);
    else if (mode === "160000") lines.push(`${mode} ${text.toString()}\t${path}\n`);
    else lines.push(`${mode} ${await git(["hash-object", "-w", "--stdin"], text)}\t${path}\n`);
  }
  await git(["update-index", "--index-info"], lines.join(""));
  return git(["write-tree"]);
}

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

function createTurn(): InTurn {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
}

/** What is to be pushed while another push runs goes with the next one. */
function createPushQueue(
  inTurn: InTurn,
  pushAll: (jobs: readonly Job[]) => Promise<string[]>,
): PlainGit["push"] {
  let waiting: Job[] = [];
  const pushWaiting = async () => {
    const jobs = waiting;
    waiting = [];
    if (jobs.length === 0) return;
    await pushAll(jobs).then(
      (commits) => jobs.forEach(({ done }, at) => done.resolve(commits[at] ?? "")),
      (error: unknown) => jobs.forEach(({ done }) => done.reject(error)),
    );
  };
  return (edits, options = {}) => {
    const done = Promise.withResolvers<string>();
    waiting.push({ edits, options, done });
    void inTurn(pushWaiting);
    return done.promise;
  };
}

interface Job {
  edits: readonly TreeEdit[];
  options: PushOptions;
  done: PromiseWithResolvers<string>;
}

/** The hand of a key nobody knows. */
export function strangeSigner(): (payload: Uint8Array) => string {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return createCommitSigner(pem).sign;
}
