import { watch } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  deriveTaskId,
  FOLDERS,
  makeTaskName,
  nameOf,
  renderNote,
  taskKey,
  type TaskNote,
} from "@nightdesk/claim-lib";
import { createBareRemote, waitFor } from "@nightdesk/testkit";
import { openPlainGit, type TreeEdit } from "../office/plain-git.ts";
import { createProgram } from "../office/program.ts";
import { makeMachine } from "../race/make-machine.ts";
import { FREE_FOLDER, KINDS } from "../sample-notes.ts";
import type { HostileMail } from "./build-corpus.ts";
import { findActive } from "./find-active.ts";

const VAULT_SYNC = join(import.meta.dirname, "../../../vault-sync/src/main.ts");
const PENDING = `${FOLDERS.pending}/email`;
const TIMEOUT_MS = 60_000;
const PER_COMMIT = 40;
/** Of the notes the cloud agent itself made; as many must pass as were pushed. */
const HONEST = 60;

export interface RawResult {
  rawPushed: number;
  /** Never came to the laptop's disk. */
  rawRefused: number;
  /** Came there, and nothing in them is active. */
  rawInert: number;
  /** Came there and are active, or were refused only after they had been on the disk. */
  faults: string[];
  honestPushed: number;
  honestTaken: number;
}

/**
 * The same texts without any care taken of them, as notes, by plain git with the cloud's own key; and beside
 * them what the cloud agent really made, which must get through.
 */
export async function pushRaw(
  mails: readonly HostileMail[],
  honest: readonly { path: string; text: string }[],
  folder: string,
): Promise<RawResult> {
  const remote = await createBareRemote({ path: join(folder, "remote.git") });
  const local = await makeMachine(folder, "local", remote.path);
  const cloud = await makeMachine(folder, "cloud", remote.path);
  await writeFile(join(local.vault, "Company_Handbook.md"), "# Rules\n");
  const sync = createProgram({
    name: "vault-sync",
    file: VAULT_SYNC,
    env: local.env,
    logPath: join(folder, "vault-sync.log"),
  });
  const seen = new Set<string>();
  await mkdir(join(local.vault, PENDING), { recursive: true });
  const watcher = watch(local.vault, { recursive: true }, (_event, file) => {
    if (file !== null) seen.add(basename(file));
  });
  try {
    await sync.start();
    await waitFor(async () => (await remote.tip()) !== null, {
      what: "the laptop's first push",
      timeoutMs: TIMEOUT_MS,
    });
    const thief = await openPlainGit(remote, join(folder, "thief"), join(cloud.state, "keys", "sync.pem"));
    const known = [...honest.slice(0, HONEST).map(({ path, text }) => ({ path, text })), ...toTwins()];
    const raw = mails.map(toRawNote);
    for (let from = 0; from < raw.length; from += PER_COMMIT)
      await thief.push(raw.slice(from, from + PER_COMMIT));
    await thief.push(known);
    // What came last was judged last: when it is there, everything before was decided on.
    const isThere = async () => {
      const names = new Set((await readdir(local.vault, { recursive: true })).map((path) => basename(path)));
      return known.every(({ path }) => names.has(nameOf(path)));
    };
    const honestTaken = await waitFor(isThere, { what: "the honest notes", timeoutMs: TIMEOUT_MS }).then(
      () => known.length,
      () => 0,
    );
    return { ...(await judge(raw, local.vault, seen)), honestPushed: known.length, honestTaken };
  } finally {
    watcher.close();
    await sync.stop();
  }
}

async function judge(raw: readonly TreeEdit[], vault: string, seen: ReadonlySet<string>) {
  const faults: string[] = [];
  let rawRefused = 0;
  let rawInert = 0;
  for (const { path } of raw) {
    const text = await readFile(join(vault, path), "utf8").catch(() => null);
    if (text === null) {
      if (seen.has(nameOf(path))) faults.push(`${path} was on the laptop's disk before it was refused`);
      else rawRefused += 1;
      continue;
    }
    const active = findActive(text, taskKey(path) !== null);
    if (active.length > 0) faults.push(`${path}: ${active.slice(0, 3).join(", ")}`);
    else rawInert += 1;
  }
  return { rawPushed: raw.length, rawRefused, rawInert, faults };
}

/** One note with the bare text in it; where, goes by turns. */
function toRawNote(mail: HostileMail, index: number): TreeEdit {
  const hostile = mail.techniques.map(({ text }) => text).join("\n");
  return makeShape(mail.id, hostile.toWellFormed(), index);
}

/** The same notes with nothing hostile in them: they must be taken, or the others were refused for their shape. */
function toTwins(): TreeEdit[] {
  return Array.from({ length: SHAPES }, (_, index) => index)
    .filter((index) => !NEVER_TAKEN.includes(index))
    .map((index) => makeShape(`twin-${index}`, "Could you deliver on Thursday?", index));
}

/** How many there are, and which of them are refused whatever they hold: text that stands where none may stand. */
const SHAPES = 12;
const NEVER_TAKEN = [5, 6, 11];

function makeShape(name: string, hostile: string, index: number): TreeEdit {
  const id = deriveTaskId("em", "raw", name);
  const file = makeTaskName({ date: "2026-11-21", who: "Ann", subject: "Offer", id, rev: 1 });
  const stamp = `20261121T080000Z-${id.slice(3, 15)}.md`;
  const line = hostile.replace(/\s+/g, " ").slice(0, 450);
  const reply = (fields: object, parts: Partial<TaskNote>) =>
    renderNote(noteOf(id, "email_reply", fields, parts), KINDS);
  const task = (parts: Partial<TaskNote>, fields = {}) =>
    renderNote(noteOf(id, "email", fields, { text: null, ...parts }), KINDS);
  const free = `${FREE_FOLDER}/${file}`;
  const waiting = `${PENDING}/${file}`;
  const shapes: readonly (() => TreeEdit)[] = [
    () => ({ path: free, text: task({ original: hostile }) }),
    () => ({ path: waiting, text: reply({}, { text: hostile }) }),
    () => ({ path: waiting, text: reply({}, { original: hostile }) }),
    () => ({ path: waiting, text: reply({ summary: line, subject: line, source_from: line }, {}) }),
    () => ({ path: waiting, text: reply({}, {}).replace("Dear Ann", `Dear Ann ${hostile}`) }),
    () => ({ path: free, text: `${task({})}\n${hostile}\n` }),
    () => ({ path: free, text: task({}).replace("\n---\n", `\n---\n${hostile}\n`) }),
    () => ({
      path: `${FOLDERS.done}/2026-11/${file}`,
      text: task({ original: hostile }, { outcome: "no_reply_needed" }),
    }),
    () => ({
      path: `${FOLDERS.updates}/cloud/${stamp}`,
      text: `---\nat: 2026-11-21T08:00:00.000Z\nkind: x\nmessage: x\n---\n${hostile}\n`,
    }),
    () => ({ path: `${FOLDERS.signals}/cloud/${stamp}`, text: hostile }),
    () => ({ path: `Plans/cloud-email/${stamp}`, text: `# Plan\n\n${hostile}\n` }),
    () => ({ path: waiting, text: reply({ notice: line, category: line, send_at: "2026-11-22 09:00" }, {}) }),
  ];
  return shapes[index % SHAPES]?.() ?? { path: free, text: hostile };
}

function noteOf(id: string, kind: string, fields: object, parts: Partial<TaskNote>): TaskNote {
  const targets = kind === "email" ? {} : { to: ["ann@customer.example"], cc: [], subject: "Re: Offer" };
  return {
    fields: {
      id,
      kind,
      rev: 1,
      created: "2026-11-21T08:00:00.000Z",
      summary: "Ann asks for an offer",
      source_from: "Ann (ann@customer.example)",
      ...targets,
      ...fields,
    },
    text: "Dear Ann,\n\nThursday works.",
    feedback: "",
    original: "Hello,\n\nplease send an offer.",
    ...parts,
  };
}
