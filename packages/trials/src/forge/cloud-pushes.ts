import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS } from "@nightdesk/claim-lib";
import { parseCommit, signSsh } from "@nightdesk/vault-sync";
import { strangeSigner, type PushOptions, type TreeEdit } from "../office/plain-git.ts";
import { ATTACKER, type Attempt, type Forgery } from "./forgery.ts";
import { approvedOf, change, pendingOf, toEdit, type Stage } from "./stage.ts";

/** What vault-sync says to whoever pushes with the cloud's key, in its own words. */
export const SYNC = {
  put: "the cloud may not put files here",
  change: "the cloud may not change files here",
  remove: "the cloud may not remove files here",
  takeOut: "the cloud may not take notes out of this folder",
  elsewhere: "this task already lies in",
  unknown: "nothing of this name is synced",
  name: "its name could mean something else on another system or to a program",
  link: "it is a link, and links can lead out of the vault",
  program: "it is marked as a program",
  repository: "it is a repository inside the vault",
} as const;

/** A note of the attacker's own making: right form, right name, another recipient. */
export function forge({ victim, name }: Attempt) {
  return change(victim, { to: [ATTACKER] }, `Dear Mallory,\n\nForged by ${name.replaceAll("_", "-")}.`);
}

type Edits = (attempt: Attempt, stage: Stage) => TreeEdit[] | Promise<TreeEdit[]>;

interface Push extends Partial<Forgery> {
  options?: (stage: Stage, attempt: Attempt) => PushOptions | Promise<PushOptions>;
}

/** One commit against a note that waits; afterwards the owner approves what was shown. */
export function pushed(name: string, reason: string, edits: Edits, more: Push = {}): Forgery {
  const { options, ...rest } = more;
  return {
    name,
    group: "cloud",
    victim: "waiting",
    victimGoesOut: "afterwards",
    reason,
    async attack(stage, attempt) {
      const commit = await stage.thief.push(await edits(attempt, stage), await options?.(stage, attempt));
      return { commits: [commit] };
    },
    ...rest,
  };
}

/** A forged file for a task nobody was shown. */
function placed(name: string, folder: string, more: Push = {}): Forgery {
  const { victimGoesOut: _none, ...forgery } = pushed(
    name,
    SYNC.put,
    (attempt) => [{ path: `${folder}/${attempt.victim.file}`, text: forge(attempt).text }],
    { ...more, victim: "drafted" },
  );
  return forgery;
}

/** The waiting note, with something else in it than was shown. */
function rewritten(name: string, fields: Record<string, unknown>, text?: string): Forgery {
  return pushed(name, SYNC.change, ({ victim }) => [toEdit(change(victim, fields, text))]);
}

const LAPTOP = { name: "nightdesk local", email: "local@nightdesk.invalid" };

async function laptopKey(stage: Stage) {
  return createPrivateKey(await readFile(join(stage.office.local.state, "keys/sync.pem"), "utf8"));
}

/** The signature under the laptop's last commit. */
async function lastSignature({ thief, office }: Stage): Promise<string> {
  const commits = await office.remote.git(
    "log",
    "--format=%H",
    "--author",
    LAPTOP.email,
    office.remote.branch,
  );
  const [commit = ""] = commits.split("\n");
  await thief.git(["fetch", "--quiet", "origin"]);
  return parseCommit(Buffer.from(`${await thief.git(["cat-file", "commit", commit])}\n`)).signature ?? "";
}

/** Whose commit it is, is a matter of its signature alone. */
const IDENTITIES: Forgery[] = [
  placed("approved_in_the_laptops_name", FOLDERS.approved, { options: () => ({ author: LAPTOP }) }),
  placed("approved_unsigned", FOLDERS.approved, { options: () => ({ author: LAPTOP, sign: null }) }),
  placed("approved_signed_by_a_stranger", FOLDERS.approved, {
    options: () => ({ author: LAPTOP, sign: strangeSigner() }),
  }),
  placed("approved_with_the_laptops_key_for_files", FOLDERS.approved, {
    options: async (stage) => {
      const key = await laptopKey(stage);
      return { author: LAPTOP, sign: (payload) => signSsh(payload, "file", key) };
    },
  }),
  placed("approved_with_a_lifted_signature", FOLDERS.approved, {
    options: async (stage) => {
      const signature = await lastSignature(stage);
      return { author: LAPTOP, sign: () => signature };
    },
  }),
];

const PLACES: Forgery[] = [
  placed("forged_in_approved", FOLDERS.approved),
  placed("forged_in_scheduled", FOLDERS.scheduled),
  placed("forged_in_progress", `${FOLDERS.inProgress}/local`),
  placed("forged_in_rejected", FOLDERS.rejected),
  placed("forged_in_snoozed", FOLDERS.snoozed),
  placed("forged_in_expired", FOLDERS.expired),
  pushed("waiting_note_copied_to_done", SYNC.elsewhere, ({ victim }) => [
    { path: `${FOLDERS.done}/2026-11/${victim.file}`, text: victim.text },
  ]),
  pushed("waiting_note_moved_to_approved", SYNC.takeOut, ({ victim }) => [
    { path: pendingOf(victim), text: null },
    { path: approvedOf(victim), text: victim.text },
  ]),
  pushed("waiting_note_moved_to_done", SYNC.takeOut, ({ victim }) => [
    { path: pendingOf(victim), text: null },
    { path: `${FOLDERS.done}/2026-11/${victim.file}`, text: victim.text },
  ]),
  pushed("waiting_note_copied_to_approved", SYNC.put, ({ victim }) => [
    { path: approvedOf(victim), text: victim.text },
  ]),
  pushed("waiting_note_removed", SYNC.remove, ({ victim }) => [{ path: pendingOf(victim), text: null }]),
  pushed("folder_in_another_case", SYNC.unknown, (attempt) => [
    { path: `approved/${attempt.victim.file}`, text: forge(attempt).text },
  ]),
  pushed("folder_inside_approved", SYNC.unknown, (attempt) => [
    { path: `${FOLDERS.approved}/email/${attempt.victim.file}`, text: forge(attempt).text },
  ]),
];

const REWRITTEN: Forgery[] = [
  rewritten("recipient_changed_after_it_was_shown", { to: [ATTACKER] }),
  rewritten("copy_added_after_it_was_shown", { cc: [ATTACKER] }),
  rewritten("subject_changed_after_it_was_shown", { subject: "Re: Refund agreed" }),
  rewritten("text_changed_after_it_was_shown", {}, "Dear Anna,\n\nForged: we refund everything."),
  rewritten("conversation_changed_after_it_was_shown", { source_thread: "thr_other" }),
  rewritten("mail_changed_after_it_was_shown", { source_message: "msg_other" }),
  rewritten("time_to_decide_prolonged", { expires: "2027-11-21T08:00:00.000Z" }),
  rewritten("time_to_send_set", { send_at: "2026-11-22 03:00" }),
  rewritten("account_changed_after_it_was_shown", { source_account: "other@brightside.example" }),
  rewritten("verdict_of_the_check_forged", { checked: "verified, all is well." }),
  pushed("removed_and_brought_again", SYNC.remove, () => [], {
    also: [SYNC.change],
    async attack({ thief }, attempt) {
      const path = pendingOf(attempt.victim);
      const gone = await thief.push([{ path, text: null }]);
      return { commits: [gone, await thief.push([{ path, text: forge(attempt).text }])] };
    },
  }),
  pushed("brought_again_under_another_name", SYNC.takeOut, (attempt) => [
    { path: pendingOf(attempt.victim), text: null },
    { path: pendingOf(renamed(attempt)), text: forge(attempt).text },
  ]),
  pushed("same_task_under_a_second_name", SYNC.elsewhere, (attempt) => [
    { path: pendingOf(renamed(attempt)), text: forge(attempt).text },
  ]),
  pushed("id_in_capitals", SYNC.unknown, (attempt) => [
    { path: pendingOf({ file: upperId(attempt) }), text: forge(attempt).text },
  ]),
  pushed("name_in_another_unicode_form", SYNC.name, (attempt) => [
    {
      path: pendingOf({ file: attempt.victim.file.replace("Anna", "A\u0308nna") }),
      text: forge(attempt).text,
    },
  ]),
];

const renamed = ({ victim }: Attempt) => ({ file: victim.file.replace("Anna Berg", "Bert Anders") });
const upperId = ({ victim }: Attempt) => victim.file.replace(victim.id, victim.id.toUpperCase());

const replaced = (name: string, reason: string, mode: string, text: string | null): Forgery =>
  pushed(
    name,
    reason,
    ({ victim }) => [{ path: pendingOf(victim), mode, text: text ?? victim.text }],
    // To the tree it is the same as if the note were gone.
    { also: [SYNC.remove] },
  );

const SHAPES: Forgery[] = [
  replaced("note_replaced_by_a_link", SYNC.link, "120000", "../../Approved/other.md"),
  replaced("note_made_a_program", SYNC.program, "100755", null),
  replaced(
    "note_replaced_by_a_repository",
    SYNC.repository,
    "160000",
    "0123456789012345678901234567890123456789",
  ),
  pushed(
    "note_replaced_by_a_folder",
    SYNC.takeOut,
    (attempt) => [
      { path: pendingOf(attempt.victim), text: null },
      { path: `${pendingOf(attempt.victim)}/${attempt.victim.file}`, text: forge(attempt).text },
    ],
    { also: [SYNC.remove, SYNC.unknown] },
  ),
  pushed("link_in_approved", SYNC.link, ({ victim }) => [
    { path: approvedOf(victim), mode: "120000", text: `../${pendingOf(victim)}` },
  ]),
];

/** Everything a thief of the cloud's key can do to a note's place, bytes or shape in one commit. */
export const CLOUD_PUSHES: readonly Forgery[] = [...PLACES, ...IDENTITIES, ...REWRITTEN, ...SHAPES];
