import { mkdir, rm, symlink } from "node:fs/promises";
import { deriveTaskId, FOLDERS, makeTaskName } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";
import { ASKED, revise } from "./cloud-revisions.ts";
import { forge } from "./cloud-pushes.ts";
import type { Attempt, Forgery, Trace } from "./forgery.ts";
import { approvedOf, change, pendingOf, type Stage } from "./stage.ts";

/** What another program of the laptop (a plugin, a script, a restored backup) does in the vault. */
export function program(
  name: string,
  reason: string,
  act: (stage: Stage, attempt: Attempt) => Promise<Trace | void>,
  more: Partial<Forgery> = {},
): Forgery {
  return { name, group: "laptop", victim: "waiting", reason, attack: act, ...more };
}

/** A file that is written where only the owner's move may put one; nobody was shown its task. */
const created = (name: string, reason: string, folder: string) =>
  program(
    name,
    reason,
    async ({ vault }, attempt) => vault.write(`${folder}/${attempt.victim.file}`, forge(attempt).text),
    { victim: "drafted" },
  );

/** A copy of a waiting note in Approved/, the waiting one left where it is. */
function copied(
  name: string,
  reason: string,
  file: (attempt: Attempt) => string,
  text?: (attempt: Attempt) => string,
) {
  return program(name, reason, async ({ vault }, attempt) => {
    const shown = await vault.read(pendingOf(attempt.victim));
    const to = file(attempt);
    await vault.write(`${FOLDERS.approved}/${to}`, text?.(attempt) ?? shown);
    return { about: [/~(\w+)-r/.exec(to)?.[1] ?? attempt.victim.id, to] };
  });
}

const otherId = ({ name }: Attempt) => deriveTaskId("em", "other", name);
const otherName = (attempt: Attempt) =>
  makeTaskName({ date: "2026-11-21", who: "Bert", subject: "Offer", id: otherId(attempt), rev: 1 });

const PLACES: Forgery[] = [
  created("written_into_approved", "NEVER_PRESENTED", FOLDERS.approved),
  created("written_into_scheduled", "NEVER_PRESENTED", FOLDERS.scheduled),
  created("written_into_progress", "NO_RECORD", `${FOLDERS.inProgress}/local`),
  program(
    "never_presented_put_beside_the_waiting",
    "NEVER_PRESENTED",
    async ({ vault }, attempt) => {
      const note = forge(attempt);
      await vault.write(pendingOf(note), note.text);
      await vault.move(pendingOf(note), approvedOf(note));
    },
    { victim: "drafted" },
  ),
  copied("copy_in_approved", "TWO_COPIES", ({ victim }) => victim.file),
  copied("copy_under_another_name", "TWO_COPIES", ({ victim }) => victim.file.replace("Anna Berg", "Bert")),
  copied("copy_with_a_number", "NAME_MALFORMED", ({ victim }) => victim.file.replace(".md", " (2).md")),
  copied(
    "copy_with_another_id",
    "NEVER_PRESENTED",
    otherName,
    (attempt) => change(attempt.victim, { id: otherId(attempt) }).text,
  ),
  copied("copy_whose_name_has_another_id", "NAME_MALFORMED", otherName),
  copied(
    "copy_whose_details_have_another_id",
    "NAME_MALFORMED",
    ({ victim }) => victim.file,
    (attempt) => change(attempt.victim, { id: otherId(attempt) }).text,
  ),
  copied(
    "copy_of_a_version_to_come",
    "NEVER_PRESENTED",
    ({ victim }) => revise(victim, 2, {}).file,
    ({ victim }) => revise(victim, 2, {}).text,
  ),
  program("hard_link_in_approved", "TWO_COPIES", ({ vault }, { victim }) =>
    vault.link(pendingOf(victim), approvedOf(victim)),
  ),
  program("copy_left_in_rejected", "TWO_COPIES", async ({ vault }, { victim }) => {
    await vault.copy(pendingOf(victim), `${FOLDERS.expired}/${victim.file}`);
    await vault.move(pendingOf(victim), approvedOf(victim));
  }),
];

const SHAPES: Forgery[] = [
  program("link_to_a_note_outside", "FILE_NOT_REGULAR", async ({ vault, office }, attempt) => {
    const outside = `${office.folder}/${attempt.victim.file}`;
    await vault.write(`../../${attempt.victim.file}`, forge(attempt).text);
    await symlink(outside, vault.path(approvedOf(attempt.victim)));
  }),
  program("link_to_the_waiting_note", "FILE_NOT_REGULAR", ({ vault }, { victim }) =>
    symlink(vault.path(pendingOf(victim)), vault.path(approvedOf(victim))),
  ),
  program("folder_named_like_a_note", "FILE_NOT_REGULAR", async ({ vault }, attempt) => {
    await mkdir(vault.path(approvedOf(attempt.victim)));
    await vault.write(`${approvedOf(attempt.victim)}/${attempt.victim.file}`, forge(attempt).text);
  }),
];

const TIMES: Forgery[] = [
  program("rejected_note_out_of_a_backup", ASKED.rejected, async (stage, { victim }) => {
    const { vault } = stage;
    const rejected = `${FOLDERS.rejected}/${victim.file}`;
    await vault.move(pendingOf(victim), rejected);
    await stage.untilAudited("approval_rejected", victim.id);
    await vault.move(rejected, approvedOf(victim));
  }),
  program(
    "note_past_its_time",
    ASKED.late,
    async (stage, { victim }) => {
      const note = change(victim, { expires: new Date(Date.now() + 4_000).toISOString() });
      await stage.bring([note]);
      const expired = `${FOLDERS.expired}/${note.file}`;
      await waitFor(() => stage.vault.read(expired).catch(() => null), {
        what: "the note to expire",
        timeoutMs: 60_000,
      });
      await stage.vault.move(expired, approvedOf(note));
    },
    { victim: "drafted", also: ["not decided in time"] },
  ),
  program("newer_mail_in_the_conversation", ASKED.newer, async (stage, { victim }) => {
    await stage.answer(victim, "anna@kunde.example", "Please wait.");
    await stage.approve(victim);
  }),
  program("answered_by_the_owner_meanwhile", ASKED.answered, async (stage, { victim }) => {
    await stage.answer(victim, stage.office.gmail.address, "Done already.");
    await stage.approve(victim);
  }),
  program(
    "sent_note_copied_to_approved",
    "ALREADY_EXECUTED",
    async (stage, attempt) => replay(stage, attempt, (text) => text),
    { victim: "drafted", when: "sent" },
  ),
  program(
    "sent_note_without_its_outcome",
    "ALREADY_EXECUTED",
    async (stage, attempt) =>
      replay(stage, attempt, (text) => text.replace(/^(outcome|approved_at).*\n/gm, "")),
    { victim: "drafted", when: "sent" },
  ),
  program(
    "sent_note_moved_back_to_progress",
    "ALREADY_EXECUTED",
    async (stage, attempt) => replay(stage, attempt, (text) => text, `${FOLDERS.inProgress}/local`),
    { victim: "drafted", when: "sent" },
  ),
  program(
    "text_changed_while_it_is_sent",
    "the change was not sent",
    async (stage, { victim }) => {
      const held = stage.tap.hold("email_prepare", victim.id);
      await stage.approve(victim);
      await held.reached;
      const path = `${FOLDERS.inProgress}/local/${victim.file}`;
      const text = await stage.vault.read(path);
      await stage.vault.write(path, text.replace("Thursday works", "Forged"));
      held.release();
      const why = stage.vault.path(FOLDERS.needsAttention, `WHY ${victim.file}`);
      return { said: [await stage.untilSays(why, "the change was not sent")] };
    },
    { victimGoesOut: "during", approveTwin: editInTheWindow },
  ),
  program(
    "approved_while_stop_stands",
    "STOP.md is in the vault; nothing is carried out",
    async (stage, { victim }) => {
      await stage.vault.write("STOP.md", "");
      await stage.approve(victim);
      const words = "STOP.md is in the vault; nothing is carried out";
      const dashboard = await stage.untilSays(stage.vault.path("Dashboard.md"), words);
      const refused = await removeStop(stage);
      await stage.vault.move(approvedOf(victim), pendingOf(victim));
      await rm(stage.vault.path("STOP.md"));
      return { said: [...dashboard.split("\n").filter((line) => line.includes(words)), ...refused] };
    },
    { when: "alone", also: ["the cloud may not remove files here"] },
  ),
];

/** The cloud takes the owner's brake away; what vault-sync says to that. */
async function removeStop(stage: Stage): Promise<string[]> {
  await waitFor(async () => (await stage.office.remote.listFiles()).includes("STOP.md"), {
    what: "STOP.md to be in the remote",
    timeoutMs: 30_000,
  });
  const commits = [await stage.thief.push([{ path: "STOP.md", text: null }])];
  const refused = "the cloud may not remove files here";
  return waitFor(
    async () => {
      const found = await stage.refusals([], { commits });
      return found.some((words) => words.includes(refused)) ? found : null;
    },
    { what: "the removal of STOP.md to be refused", timeoutMs: 30_000 },
  );
}

async function replay(
  stage: Stage,
  { twin }: Attempt,
  edit: (text: string) => string,
  folder: string = FOLDERS.approved,
): Promise<Trace> {
  await stage.office.untilDone(twin);
  const [done = ""] = await stage.office.places(twin.id);
  await stage.vault.write(`${folder}/${twin.file}`, edit(await stage.vault.read(done)));
  return { about: [twin.id] };
}

/** The owner's right: what is written before the undo window ends is what is sent. */
async function editInTheWindow(stage: Stage, { twin }: Attempt): Promise<void> {
  const text = await stage.vault.read(pendingOf(twin));
  const last = twin.note.text ?? "";
  await stage.vault.write(pendingOf(twin), text.replace(last, "Hello Anna,\n\nnot this."));
  await stage.approve(twin);
  await stage.vault.write(approvedOf(twin), text);
}

/** What a program on the laptop can do that is not the owner. */
export const LAPTOP_PROGRAMS: readonly Forgery[] = [...PLACES, ...SHAPES, ...TIMES];
