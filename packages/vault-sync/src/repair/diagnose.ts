import { NightdeskError } from "@nightdesk/claim-lib";
import type { Environment } from "@nightdesk/daemon-kit/load-config";
import { join } from "node:path";
import { checkIncoming } from "../check-incoming.ts";
import type { VaultSyncConfig } from "../config.ts";
import { EMPTY_TREE } from "../git/oid.ts";
import { findRemoteLocks } from "../git/remote-locks.ts";
import { parseRemote } from "../git/remote-url.ts";
import { createRunGit } from "../git/run-git.ts";
import { openPorts, type OpenedPorts } from "../open-ports.ts";
import { noFailpoint } from "../ports.ts";
import { openReplica, readApplying, type Replica } from "../replica.ts";
import { Snapshot } from "../snapshot.ts";
import type { Trouble, TroubleKind } from "./trouble.ts";

const KIND_OF: Readonly<Record<string, TroubleKind>> = {
  STATE_CORRUPT: "record",
  LEDGER_CORRUPT: "record",
  OWN_COMMIT_UNKNOWN: "record",
  JOIN_REFUSED: "record",
  OBJECT_MISSING: "objects",
  OBJECT_STORE_FAILED: "objects",
  REMOTE_DIVERGED: "history",
  REMOTE_HISTORY_TOO_LONG: "history",
  REMOTE_TOO_LARGE: "history",
};

/** Codes that mean the remote's objects while they come in, and ours while what is here is read. */
const UNREADABLE = ["OBJECT_MALFORMED", "OBJECT_TOO_LARGE"];

/** Reading every object of ten years takes minutes on a small machine. */
const FSCK_MS = 30 * 60_000;

/**
 * Looks at this machine's sync and its remote and says what is wrong; empty when nothing is. Writes what any
 * start of the daemon writes (its git configuration, fetched objects) and nothing else. The caller holds
 * the locks.
 */
export async function diagnose(config: VaultSyncConfig, env: Environment): Promise<Trouble[]> {
  const troubles: Trouble[] = [];
  const address = parseRemote(config.GIT_REMOTE, config.GIT_BRANCH);
  for (const { path } of await findRemoteLocks(address, Date.now())) {
    const sentence = `A push was killed and left the branch locked (${path}); nobody can push until that lock is gone.`;
    troubles.push({ kind: "locks", code: null, sentence });
  }
  let ports: OpenedPorts;
  try {
    ports = await openPorts(config, env, noFailpoint);
  } catch (error) {
    return [...troubles, told(error, "outside")];
  }
  try {
    const replica = await openReplica(ports).catch((error: unknown) => told(error, "objects"));
    if ("kind" in replica) return [...troubles, replica, ...(await lookAtRemote(ports))];
    troubles.push(...(await lookAtState(replica, config, env)));
    // A damaged directory makes every further finding doubtful.
    if (troubles.some(({ kind }) => kind === "objects" || kind === "record")) return troubles;
    return [...troubles, ...(await lookAtHistory(replica))];
  } finally {
    await ports.close();
  }
}

async function lookAtRemote(ports: OpenedPorts): Promise<Trouble[]> {
  return ports.remote.cheapTip().then(
    () => [],
    (error: unknown) => [told(error, "outside")],
  );
}

async function lookAtState(replica: Replica, config: VaultSyncConfig, env: Environment): Promise<Trouble[]> {
  try {
    const applying = await readApplying(replica);
    if (applying) await replica.base.accepted.changesTo(new Snapshot(replica.ports.store, applying.accepted));
  } catch (error) {
    return [told(error, "objects")];
  }
  const damage = await findDamage(replica, join(config.STATE_PATH, "git"), env);
  return damage === null
    ? []
    : [
        {
          kind: "objects",
          code: "OBJECT_MISSING",
          sentence: `The git directory in the state folder is damaged (${damage}). The vault is whole.`,
        },
      ];
}

/** What git finds about a single object that its own rules forbid is judged elsewhere. */
const NOT_DAMAGE = /^(error|warning) in (commit|tree|blob|tag) [0-9a-f]{40}: \w+:|^(notice|Checking)|^\s*$/;
const DAMAGE = /^(error|fatal|missing|broken)|corrupt|is empty/;

/** The first line of what is damaged among the objects that count; null when they are whole. */
async function findDamage(replica: Replica, gitDir: string, env: Environment): Promise<string | null> {
  const { commit, accepted, planned } = replica.base;
  if (commit === null) return null;
  // git knows the empty tree without having it, and its own check then misses it.
  const heads = [commit, accepted.tree, planned.tree].filter((oid) => oid !== EMPTY_TREE);
  const runGit = createRunGit({ gitDir, env });
  const limits = { silenceMs: FSCK_MS, totalMs: FSCK_MS };
  const result = await runGit(["fsck", "--no-dangling", "--no-progress", ...heads], limits);
  const lines = `${result.stderr}\n${result.stdout}`.split("\n");
  const found = lines.find((line) => !NOT_DAMAGE.test(line) && DAMAGE.test(line));
  return found === undefined ? null : found.replaceAll(gitDir, "git").slice(0, 160);
}

async function lookAtHistory(replica: Replica): Promise<Trouble[]> {
  const { ports, base, own } = replica;
  let tip: string | null;
  try {
    ({ tip } = await ports.remote.fetch());
  } catch (error) {
    return [told(error, "outside", "history")];
  }
  if (tip === null || tip === base.commit) return [];
  try {
    const incoming = await checkIncoming({ ...ports, isKnownOwn: (commit) => own.has(commit) }, base, tip);
    const joins = incoming.state === "ahead" && base.commit === null && ports.replica === "local";
    if (!joins || incoming.refused.length === 0) return [];
    const sentence = `The remote already holds what only a laptop may write (for instance "${incoming.refused[0]?.path ?? ""}"), and this laptop has no record of having synced with it.`;
    return [{ kind: "record", code: "JOIN_REFUSED", sentence }];
  } catch (error) {
    return [told(error, "outside", "history")];
  }
}

/** @param unreadable what an object that cannot be read means here */
function told(error: unknown, otherwise: TroubleKind, unreadable: TroubleKind = "objects"): Trouble {
  if (!NightdeskError.is(error)) throw error;
  const { code } = error;
  // Of a record that reads well, what it names is missing or damaged.
  const isTree = code === "STATE_CORRUPT" && error.data["tree"] !== undefined;
  const kind = isTree ? "objects" : UNREADABLE.includes(code) ? unreadable : (KIND_OF[code] ?? otherwise);
  return { kind, code, sentence: error.message };
}
