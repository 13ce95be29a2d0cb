import { generateKeyPairSync } from "node:crypto";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Role } from "@nightdesk/claim-lib";
import { createBareRemote, runGit, withTempDir, type BareRemote } from "@nightdesk/testkit";
import {
  encodeCommit,
  noFailpoint,
  openPorts,
  openReplica,
  readConfig,
  runCycle,
  type OpenedPorts,
} from "@nightdesk/vault-sync";
import { mailNote } from "./notes.ts";
import { FREE_FOLDER as NEEDS_ACTION, taskFile as fileOf } from "../sample-notes.ts";
import type { StepRunner } from "./run-steps.ts";

const CAS = "the remote takes only what is built on what it holds";

/**
 * What the worlds in memory stand in for: git itself, its remote and real signatures. Two machines on real disks,
 * and a push that is late.
 */
export async function realGitDrill({ world }: StepRunner): Promise<void> {
  await withTempDir(async (root) => {
    const remote = await createBareRemote({ path: join(root, "remote.git") });
    // As at any hoster: ours refuses what does not go forward by itself, and the push must not lean on that.
    await runGit(["config", "receive.denyNonFastForwards", "false"], remote.path);
    const laptop = await open(root, "local", remote);
    const cloud = await open(root, "cloud", remote);
    try {
      await race(laptop, cloud, remote, (invariant, detail) => world.report(invariant, detail));
    } finally {
      await Promise.all([laptop.ports.close(), cloud.ports.close()]);
    }
  });
}

interface Opened {
  ports: OpenedPorts;
  vault: string;
}

async function open(root: string, role: Role, remote: BareRemote): Promise<Opened> {
  const vault = join(root, role, "vault");
  const state = join(root, role, "state");
  await mkdir(vault, { recursive: true });
  await mkdir(join(state, "keys"), { recursive: true, mode: 0o700 });
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(join(state, "keys", "sync.pem"), pem, { mode: 0o600 });
  const env = {
    NIGHTDESK_ENV_FILE: "",
    AGENT_TYPE: role,
    VAULT_PATH: vault,
    STATE_PATH: state,
    GIT_REMOTE: remote.path,
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? "",
  };
  return { ports: await openPorts(readConfig(env), env, noFailpoint), vault };
}

/** A file that has held still for a minute. */
async function put(vault: string, path: string, text: string): Promise<void> {
  const file = join(vault, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  const then = new Date(Date.now() - 60_000);
  await utimes(file, then, then);
}

async function race(
  laptop: Opened,
  cloud: Opened,
  remote: BareRemote,
  report: (invariant: string, detail: string) => void,
): Promise<void> {
  const [ours, theirs] = [await openReplica(laptop.ports), await openReplica(cloud.ports)];
  await put(laptop.vault, "Company_Handbook.md", "# Rules\n");
  const first = await runCycle(ours, "all");
  await runCycle(theirs, "all");
  await put(cloud.vault, `${NEEDS_ACTION}/${fileOf(1)}`, mailNote(1));
  const second = await runCycle(theirs, "all");
  await put(laptop.vault, "Inbox/scan.md", "# Scan\n");
  await runCycle(ours, "all", { trustBase: true });
  const history = await runGit(["rev-list", remote.branch], remote.path);
  if (second.tip === null || !history.includes(second.tip))
    report(CAS, "the cloud's commit is gone from the history");

  const { store, signer } = laptop.ports;
  const draft = {
    tree: (await store.readCommit(first.tip ?? "")).tree,
    parents: [first.tip ?? ""],
    author: { name: "late", email: "late@nightdesk.invalid" },
    atMs: Date.now(),
    message: "late",
  };
  const late = encodeCommit(draft, signer.sign(encodeCommit(draft)));
  const commit = await store.writeCommit(late);
  const before = await remote.tip();
  const answer = await laptop.ports.remote.push(commit);
  if (answer !== "refused" || (await remote.tip()) !== before) report(CAS, `a late push was ${answer}`);
  checkSignatures(laptop, cloud, await store.readCommit(commit), report);
}

function checkSignatures(
  laptop: Opened,
  cloud: Opened,
  own: Parameters<OpenedPorts["signer"]["isOwn"]>[0],
  report: (invariant: string, detail: string) => void,
): void {
  const promise = "a commit is its signer's and nobody else's";
  if (!laptop.ports.signer.isOwn(own)) report(promise, "the laptop does not know its own commit");
  if (cloud.ports.signer.isOwn(own)) report(promise, "the cloud takes the laptop's commit for its own");
  const changed = { ...own, signedPayload: Buffer.concat([own.signedPayload, Buffer.from(" ")]) };
  if (laptop.ports.signer.isOwn(changed)) report(promise, "a changed commit passes");
  if (laptop.ports.signer.isOwn({ ...own, signature: null })) report(promise, "an unsigned commit passes");
}
