import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { channel } from "@nightdesk/email-mcp/channel";
import {
  deriveTaskId,
  FOLDERS,
  kindsOf,
  makeTaskName,
  nameOf,
  parseNote,
  parseTaskName,
  renderNote,
  type TaskNote,
} from "@nightdesk/claim-lib";
import { openPlainGit } from "@nightdesk/trials/plain-git";
import { stepTimeoutMs } from "./tell-the-night.ts";
import type { World } from "./world.ts";

/** Where the attacker would have the mail go. */
export const ATTACKER = "mallory@attacker.example";

/** One hostile change, as it lies in the remote's history. */
export interface HostileChange {
  what: "forged approval" | "changed recipient";
  /** The task it is about. */
  id: string;
  path: string;
  commit: string;
}

const KINDS = kindsOf([channel]);
/** A thief of the cloud's key works with plain git: a clone, two commits with that key's signature, two pushes. */
export async function pushHostileCommits(world: World, victimPath: string): Promise<HostileChange[]> {
  const { remote, places } = world;
  const key = join(places.cloud.state, "keys", "sync.pem");
  const thief = await openPlainGit(remote, join(places.run, "attacker"), key);
  const victim = parseNote(await thief.git(["show", `origin/${remote.branch}:${victimPath}`]), KINDS);
  const forged = forgeNote(victim, victimPath);
  const changed = renderNote({ ...victim, fields: { ...victim.fields, to: [ATTACKER] } }, KINDS);
  const forgedCommit = await thief.push([{ path: forged.path, text: forged.text }]);
  const changedCommit = await thief.push([{ path: victimPath, text: changed }]);
  return [
    { what: "forged approval", id: forged.id, path: forged.path, commit: forgedCommit },
    { what: "changed recipient", id: victim.fields.id, path: victimPath, commit: changedCommit },
  ];
}

/** A note as good as any: right form, right name; only nobody presented it and nobody approved it. */
function forgeNote(victim: TaskNote, victimPath: string): { id: string; path: string; text: string } {
  const id = deriveTaskId(channel.idPrefix, "forged", victim.fields.id);
  const fields = {
    ...victim.fields,
    id,
    rev: 1,
    to: [ATTACKER],
    subject: "Re: Refund",
    summary: "Refund agreed",
  };
  const date = parseTaskName(nameOf(victimPath))?.date ?? victim.fields.created.slice(0, 10);
  const file = makeTaskName({ date, who: "Mallory", subject: "Refund", id, rev: 1 });
  return { id, path: `${FOLDERS.approved}/${file}`, text: renderNote({ ...victim, fields }, KINDS) };
}

/** Those of the hostile changes the laptop has told of, both in its audit and on the owner's dashboard. */
export async function findRefused(world: World, changes: readonly HostileChange[]): Promise<HostileChange[]> {
  const { vault } = world.places.local;
  const audit = await readLines(join(vault, FOLDERS.logs, "local"));
  const dashboard = (await readFile(join(vault, "Dashboard.md"), "utf8").catch(() => "")).split("\n");
  const tellsOf = (lines: readonly string[], change: HostileChange) =>
    lines.some((line) => /refused/i.test(line) && line.includes(nameOf(change.path).replace(/\.md$/, "")));
  return changes.filter((change) => tellsOf(audit, change) && tellsOf(dashboard, change));
}

async function readLines(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".jsonl"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap((text) => text.split("\n"));
}

/** Waits until the owner has been told of all of them. */
export async function waitUntilRefused(world: World, changes: readonly HostileChange[]): Promise<void> {
  await world.observer.until(
    "both hostile changes to be refused and told",
    stepTimeoutMs(world),
    async () => {
      return (await findRefused(world, changes)).length === changes.length;
    },
  );
}

/** Everything the attack brought about: mails to the attacker or for the forged task, and its file in the laptop's Approved/. */
export async function countExecuted(world: World, changes: readonly HostileChange[]): Promise<number> {
  const forgedNames = changes
    .filter((change) => change.what === "forged approval")
    .map((change) => nameOf(change.path));
  const appeared = world.observer
    .sightings()
    .filter(
      (one) => one.zone === "local" && one.kind === "appeared" && forgedNames.includes(nameOf(one.path)),
    );
  const mails = (await world.observer.sent()).filter(({ mail }) =>
    [...mail.to, ...mail.cc, ...mail.bcc].includes(ATTACKER),
  );
  return appeared.length + mails.length;
}
