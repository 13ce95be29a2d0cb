import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../errors.ts";
import { INCOMING_REF, readRef, removeStaleLocks } from "./git-dir.ts";
import { isOid, type Oid } from "./oid.ts";
import { isPacking } from "./maintain-git-dir.ts";
import { createLockWatch, isLocked } from "./lock-watch.ts";
import { refuseDamaged } from "./refuse-damaged.ts";
import { REPAIR_HINT } from "../repair/repair-hint.ts";
import type { RemoteAddress } from "./remote-url.ts";
import type { Remote } from "./remote.ts";
import type { GitResult, RunGit } from "./run-git.ts";

/** A first fetch of ten years of notes is under this; a hostile remote stops here. */
const MAX_FETCH_BYTES = 512 * 1024 * 1024;
const SIZE_LOOK_MS = 500;
const FETCH_TOTAL_MS = 10 * 60_000;

export interface GitRemoteOptions {
  gitDir: string;
  address: RemoteAddress;
  runGit: RunGit;
  maxFetchBytes?: number;
  /** Gives up a connection that is kept open, after one command got no answer over it. */
  dropConnection?: () => Promise<void>;
}

/** A real remote, over whatever git reaches it by. */
export function createGitRemote(options: GitRemoteOptions): Remote {
  const { gitDir, address } = options;
  const runGit: RunGit = async (args, limits) => {
    const result = await options.runGit(args, limits);
    // A connection that died without a word would hold up every later command as well.
    if (result.exitCode === null) await options.dropConnection?.();
    refuseDamaged(result, gitDir);
    return result;
  };
  const locks = createLockWatch(address);
  return {
    async cheapTip() {
      const result = await runGit(["ls-remote", "--refs", "--", address.url, address.ref], {
        totalMs: 30_000,
      });
      if (result.exitCode !== 0) throw explain(result, address);
      return findTip(result.stdout, address.ref);
    },
    async fetch() {
      const run = () =>
        fetchWithin(options.maxFetchBytes ?? MAX_FETCH_BYTES, gitDir, (signal) =>
          runGit(
            [
              "fetch",
              "-v",
              "--no-tags",
              "--no-write-fetch-head",
              "--no-recurse-submodules",
              "--",
              address.url,
              `+${address.ref}:${INCOMING_REF}`,
            ],
            { totalMs: FETCH_TOTAL_MS, signal },
          ),
        );
      let result = await run();
      if (isLocked(result)) {
        await removeStaleLocks(gitDir);
        result = await run();
      }
      if (/couldn't find remote ref/i.test(result.stderr)) return { tip: null };
      if (result.exitCode !== 0) throw explain(result, address);
      return { tip: await readRef(gitDir, INCOMING_REF) };
    },
    async push(commit) {
      if (!isOid(commit)) throw fail("OBJECT_MISSING", "There is no such commit to push; nothing was sent.");
      const result = await runGit(["push", "--porcelain", "--", address.url, `${commit}:${address.ref}`]);
      await locks.noticed(result);
      return readPush(result, address);
    },
  };
}

function findTip(stdout: string, ref: string): Oid | null {
  for (const line of stdout.split("\n")) {
    const [oid, name] = line.split("\t");
    if (name === ref && isOid(oid)) return oid;
  }
  return null;
}

/** Stops a fetch whose pack on the disk grows over the limit: git itself has no such setting for a client. */
async function fetchWithin(
  maxBytes: number,
  gitDir: string,
  start: (signal: AbortSignal) => Promise<GitResult>,
): Promise<GitResult> {
  const abort = new AbortController();
  await removeCutPacks(gitDir);
  const before = await packBytes(gitDir);
  let tooLarge = false;
  const look = async () => {
    if ((await packBytes(gitDir)) - before <= maxBytes) return;
    tooLarge = true;
    abort.abort();
  };
  const timer = setInterval(() => void look(), SIZE_LOOK_MS);
  try {
    const result = await start(abort.signal);
    if (tooLarge) {
      throw fail(
        "REMOTE_TOO_LARGE",
        `The remote sent more than ${Math.floor(maxBytes / 1024 / 1024)} MB at once; it was stopped and nothing was applied. Look at what was pushed there. ${REPAIR_HINT}`,
      );
    }
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** git leaves behind what it received of a fetch that failed: tried again and again that fills the disk. */
async function removeCutPacks(gitDir: string): Promise<void> {
  if (isPacking(gitDir)) return;
  const folder = join(gitDir, "objects/pack");
  const names = await readdir(folder).catch(() => []);
  const cut = names.filter((name) => name.startsWith("tmp_"));
  await Promise.all(cut.map((name) => rm(join(folder, name), { force: true })));
}

async function packBytes(gitDir: string): Promise<number> {
  const folder = join(gitDir, "objects/pack");
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Somebody else moved the branch: seen before sending, or by the remote at the very moment of writing. */
const RACE =
  /\[rejected\]|\[remote rejected\] \((failed to update ref|cannot lock ref[^)]*|incorrect old value[^)]*|fetch first|non-fast-forward)\)/;

function readPush(result: GitResult, address: RemoteAddress): "accepted" | "refused" {
  const line = result.stdout.split("\n").find((text) => text.includes(`:${address.ref}\t`));
  if (line && /^[ *=]\t/.test(line)) return "accepted";
  if (line && RACE.test(line)) return "refused";
  if (line?.startsWith("!") && /\[remote rejected\]/.test(line)) {
    if (REMOTE_DISK.test(`${result.stdout}\n${result.stderr}`.replaceAll(")remote:", ")\nremote:")))
      throw fail("REMOTE_REJECTED", REMOTE_DISK_MESSAGE);
    throw fail(
      "REMOTE_REJECTED",
      "The remote's own rules refused the push; the vault is unchanged and nothing was published. Look at the hooks and protections of the repository at GIT_REMOTE.",
      { data: { answer: line.slice(0, 300) } },
    );
  }
  const known = explain(result, address);
  const isAtTheDoor = NOTHING_SENT.has(known.code) && !BROKE_OFF.test(result.stderr);
  if (result.exitCode !== null && isAtTheDoor) throw known;
  throw fail(
    "PUSH_OUTCOME_UNKNOWN",
    "The connection ended during a push, so it is not known whether it arrived; the next round looks and goes on from there.",
    { cause: known },
  );
}

/** Failures at the door: the remote never got as far as being asked for a change. */
const NOTHING_SENT = new Set(["REMOTE_UNKNOWN", "REMOTE_DENIED", "REMOTE_UNREACHABLE", "OBJECT_MISSING"]);

/** ssh's words for a connection that stood and then ended: some of them name the same cause as a failure at the door. */
const BROKE_OFF = /read from remote host|client_loop|mux_client|packet_write_wait|timeout, server/i;

/** Said when nothing else was: the line was there, and went. Whether a push got through is not known then. */
const LINE_LOST = /could not read from remote repository|the remote end hung up|early EOF|broken pipe/i;

/** The server's own words come with this prefix; over a folder they do as well. */
const REMOTE_DISK =
  /^remote: .*(?:no space left on device|disk quota exceeded|read-only file system)|^error: remote unpack failed: unable to create temporary object directory/im;
const REMOTE_DISK_MESSAGE =
  "The remote's disk is full or read-only, so nothing was published; changes wait on this machine and go out when there is room. Check the free space on the machine that holds the repository.";

const SIGNS: readonly {
  code:
    | "OBJECT_MALFORMED"
    | "REMOTE_UNKNOWN"
    | "REMOTE_DENIED"
    | "REMOTE_REJECTED"
    | "REMOTE_UNREACHABLE"
    | "OBJECT_MISSING"
    | "OBJECT_STORE_FAILED";
  sign: RegExp;
  message: string;
}[] = [
  {
    code: "REMOTE_REJECTED",
    sign: REMOTE_DISK,
    message: REMOTE_DISK_MESSAGE,
  },
  {
    code: "OBJECT_STORE_FAILED",
    sign: /no space left on device|disk quota exceeded|read-only file system/i,
    message:
      "This machine's disk takes nothing more where the state folder lies, so nothing was fetched or sent; it is tried again. Check its free space (files and names) and whether it became read-only.",
  },
  {
    code: "OBJECT_MALFORMED",
    sign: /fsck error in |error: object [0-9a-f]{40}: \w+:/,
    message:
      "The remote's history holds something git refuses as dangerous or damaged; nothing of it was taken. If you did not put it there, treat the remote as taken over. " +
      REPAIR_HINT,
  },
  {
    code: "REMOTE_DENIED",
    sign: /dubious ownership/i,
    message:
      "The repository at GIT_REMOTE belongs to another user of this machine, so git will not use it. Give it to the user nightdesk runs as.",
  },
  {
    code: "REMOTE_UNKNOWN",
    sign: /does not appear to be a git repository|repository '[^']*' not found|repository not found/i,
    message:
      "There is no git repository at GIT_REMOTE. Check the address, or make one there with: git init --bare",
  },
  {
    code: "REMOTE_DENIED",
    sign: /remote host identification has changed/i,
    message:
      "The server's host key is not the one this machine knows: it was set up anew, or somebody answers in its place. Nothing was sent. Compare the key's fingerprint on the server itself; only if it is the server's own, put the new line into keys/known_hosts in the state folder (or ~/.ssh/known_hosts).",
  },
  {
    code: "REMOTE_DENIED",
    sign: /host key verification failed/i,
    message:
      "This machine does not know the server's host key yet, so nothing was sent. Compare the key's fingerprint on the server itself and put its line into keys/known_hosts in the state folder: nightdesk init --check shows how.",
  },
  {
    code: "REMOTE_DENIED",
    sign: /nightdesk-gate:/,
    message:
      "The server's gate lets this machine's key into another repository only. Compare GIT_REMOTE with the path in the server's authorized_keys.",
  },
  {
    code: "REMOTE_DENIED",
    sign: /permission denied|authentication failed|access denied|could not read username|terminal prompts disabled/i,
    message:
      "The remote refused this machine's key. Add the machine's public ssh key there, with write access: keys/ssh_key.pub in the state folder, made by nightdesk init.",
  },
  {
    code: "REMOTE_UNREACHABLE",
    sign: /could not resolve host|kex_exchange_identification|banner exchange|connection refused|connection timed out|network is unreachable|no route to host|operation timed out|failed to connect|couldn't connect/i,
    message: "The remote cannot be reached. Changes wait on this machine and go out when it is back.",
  },
  {
    code: "OBJECT_MISSING",
    sign: /src refspec .* does not match|bad object|missing necessary objects/i,
    message: "A commit that was to be pushed is not whole in the git directory; nothing was sent.",
  },
];

function explain(result: GitResult, address: RemoteAddress) {
  const data = { answer: result.stderr.replaceAll(address.url, "<remote>").slice(0, 500) };
  if (result.exitCode === null) {
    return fail("REMOTE_UNREACHABLE", "The remote did not answer in time. Changes wait on this machine.", {
      data,
    });
  }
  const known = SIGNS.find(({ sign }) => sign.test(result.stderr));
  if (known) return fail(known.code, `${known.message} The vault is unchanged.`, { data });
  if (LINE_LOST.test(result.stderr)) {
    return fail(
      "REMOTE_LOST",
      "The connection to the remote broke off. Changes wait on this machine and go out when it is back.",
      { data },
    );
  }
  return fail(
    "GIT_FAILED",
    "git could not talk to the remote; the vault is unchanged, and it is tried again.",
    { data },
  );
}
