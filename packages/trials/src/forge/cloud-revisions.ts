import { deriveTaskId, FOLDERS, makeTaskName, renderNote } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";
import { join } from "node:path";
import { receiveMail, type Reply } from "../office/sample-reply.ts";
import { KINDS } from "../sample-notes.ts";
import { forge, pushed, SYNC } from "./cloud-pushes.ts";
import { ATTACKER, type Attempt, type Forgery, type Trace } from "./forgery.ts";
import { approvedOf, change, pendingOf, toEdit, type Stage } from "./stage.ts";

/** What the laptop asks once more, in its own words. */
export const ASKED = {
  mailbox: "but your own mailbox says the answer belongs to",
  thread: "names another conversation than your own mailbox does",
  account: "This could not be verified: it is for",
  unknown: "your own account does not know the message it answers",
  item: "answers another mail than the one it was made for",
  changed: "You changed the recipients to",
  rejected: "You rejected this note before",
  newer: "A newer mail came in this conversation",
  answered: "You answered in this conversation yourself",
  late: "Its time to decide ended",
} as const;

/** A note that comes in, because its form is right; a hasty owner approves it, and is asked once more. */
async function approveBrought(stage: Stage, note: Reply): Promise<Trace> {
  await stage.thief.push([toEdit(note)]);
  await stage.untilChecked(note);
  await stage.approve(note);
  return { about: [note.id] };
}

function approved(
  name: string,
  reason: string,
  make: (attempt: Attempt, stage: Stage) => Reply | Promise<Reply>,
) {
  const forgery: Forgery = {
    name,
    group: "cloud",
    victim: "drafted",
    reason,
    attack: async (stage, attempt) => approveBrought(stage, await make(attempt, stage)),
  };
  return forgery;
}

const withFields = (name: string, reason: string, fields: Record<string, unknown>) =>
  approved(name, reason, ({ victim }) => change(victim, fields, "Forged."));

const RECIPIENTS: Forgery[] = [
  withFields("lookalike_domain", ASKED.mailbox, { to: ["anna@kunde.example.evil.example"] }),
  withFields("lookalike_letters", ASKED.mailbox, { to: ["anna@kuncle.example"] }),
  withFields("international_lookalike", ASKED.mailbox, { to: ["anna@xn--kund-loa.example"] }),
  withFields("lookalike_person", ASKED.mailbox, { to: ["anna.berg@kunde.example"] }),
  withFields("recipient_from_outside_the_conversation", ASKED.mailbox, { to: [ATTACKER] }),
  withFields("second_recipient", ASKED.mailbox, { to: ["anna@kunde.example", ATTACKER] }),
  withFields("further_copy", ASKED.mailbox, { cc: [ATTACKER] }),
  withFields("another_account", ASKED.account, { source_account: "other@brightside.example" }),
  withFields("mail_nobody_has", ASKED.unknown, { source_message: "msg_of_another_mailbox" }),
  withFields("no_mail_at_all", "the note does not say which message it answers", {
    source_message: undefined,
  }),
  withFields("conversation_that_is_another", ASKED.thread, { source_thread: "thr_other" }),
  approved("mail_of_the_attackers_own", ASKED.mailbox, async ({ victim, name }, { office }) => {
    const { messageId, threadId } = await receiveMail(office.gmail, `${name} other`);
    const other = { source_message: messageId, source_thread: threadId, source_last: messageId };
    return change(victim, { ...other, to: [ATTACKER] }, "Forged.");
  }),
];

/** The same task's next version. */
export function revise(reply: Reply, rev: number, fields: Record<string, unknown>, text = "Forged."): Reply {
  const file = reply.file.replace(/-r\d+\.md$/, `-r${rev}.md`);
  return { ...change(reply, { ...fields, rev }, text), rev, file, path: pendingOf({ file }) };
}

const untilThere = (stage: Stage, path: string) =>
  waitFor(() => stage.vault.read(path).catch(() => null), { what: `${path} to be there`, timeoutMs: 30_000 });

const REVISIONS: Forgery[] = [
  {
    name: "next_version_in_the_moment_of_approval",
    group: "cloud",
    victim: "waiting",
    reason: "OLD_REVISION",
    async attack(stage, { victim }) {
      // The owner has just begun to edit: their text is never put away for a newer version.
      const text = await stage.vault.read(pendingOf(victim));
      await stage.vault.write(pendingOf(victim), text.replace("Thursday", "Friday"));
      const next = revise(victim, 2, { to: [ATTACKER] });
      await stage.thief.push([toEdit(next)]);
      await untilThere(stage, pendingOf(next));
      await stage.vault.move(pendingOf(victim), approvedOf(victim));
    },
  },
  {
    name: "next_version_with_another_recipient",
    group: "cloud",
    victim: "waiting",
    reason: ASKED.mailbox,
    also: ["replaced by a newer version"],
    attack: (stage, { victim }) => approveBrought(stage, revise(victim, 2, { to: [ATTACKER] })),
  },
  {
    name: "much_later_version_of_a_foreign_task",
    group: "cloud",
    victim: "waiting",
    reason: ASKED.mailbox,
    also: ["replaced by a newer version"],
    attack: (stage, { victim, twin }) =>
      approveBrought(stage, revise(victim, 99, { to: [ATTACKER], supersedes: twin.file })),
  },
  {
    name: "version_that_was_replaced",
    group: "cloud",
    victim: "waiting",
    reason: "OLD_REVISION",
    also: ["replaced by a newer version"],
    async attack(stage, { victim }) {
      await stage.thief.push([toEdit(revise(victim, 2, {}))]);
      const expired = `${FOLDERS.expired}/${victim.file}`;
      await untilThere(stage, expired);
      await stage.vault.move(expired, approvedOf(victim));
    },
  },
  {
    name: "next_version_of_what_was_sent",
    group: "cloud",
    victim: "drafted",
    when: "sent",
    reason: "ALREADY_EXECUTED",
    async attack(stage, { twin }) {
      const note = await approveBrought(stage, revise(twin, 2, {}));
      return note;
    },
  },
  {
    name: "second_task_for_the_same_mail",
    group: "cloud",
    victim: "drafted",
    when: "sent",
    reason: ASKED.answered,
    async attack(stage, { twin, name }) {
      const id = deriveTaskId("em", "second", name);
      const file = makeTaskName({ date: "2026-11-21", who: "Anna Berg", subject: name, id, rev: 1 });
      const note = { ...change(twin, { id }, "Forged."), id, file, path: pendingOf({ file }) };
      return approveBrought(stage, note);
    },
  },
];

/** The commit with which the laptop told that the twin was approved. */
async function approvalOf(stage: Stage, { twin }: Attempt): Promise<string> {
  await stage.thief.git(["fetch", "--quiet", "origin"]);
  const path = approvedOf(twin);
  const found = await stage.thief.git(["log", "origin/main", "--format=%H", "--diff-filter=A", "--", path]);
  return found.split("\n").at(-1) ?? "";
}

/** The approval that was sent long ago, brought back out of the laptop's own history. */
const REPLAYS: Forgery[] = [
  pushed("old_approval_cherry_picked", SYNC.put, () => [], {
    victim: "drafted",
    when: "sent",
    async attack(stage, attempt) {
      const commit = await approvalOf(stage, attempt);
      const text = await stage.thief.git(["show", `${commit}:${approvedOf(attempt.twin)}`]);
      return { commits: [await stage.thief.push([{ path: approvedOf(attempt.twin), text: `${text}\n` }])] };
    },
  }),
  pushed("old_approval_merged_again", SYNC.put, () => [], {
    victim: "drafted",
    when: "alone",
    async attack(stage, attempt) {
      const old = await approvalOf(stage, attempt);
      const text = await stage.thief.git(["show", `${old}:${approvedOf(attempt.twin)}`]);
      const edits = [{ path: approvedOf(attempt.twin), text: `${text}\n` }];
      return { commits: [await stage.thief.push(edits, { parents: (tip) => [old, tip] })] };
    },
  }),
  pushed("merge_that_brings_an_approval", SYNC.put, () => [], {
    victim: "drafted",
    async attack({ thief }, attempt) {
      const edits = [{ path: approvedOf(attempt.victim), text: forge(attempt).text }];
      const side = await thief.commit(edits);
      return { commits: [await thief.push(edits, { parents: (tip) => [tip, side] })] };
    },
  }),
  pushed("merge_that_hides_the_first_parent", SYNC.put, () => [], {
    victim: "drafted",
    when: "alone",
    async attack({ thief }, attempt) {
      const edits = [{ path: approvedOf(attempt.victim), text: forge(attempt).text }];
      const side = await thief.commit(edits);
      return { commits: [await thief.push(edits, { parents: (tip) => [side, tip] })] };
    },
  }),
].map(({ victimGoesOut: _none, ...forgery }) => forgery);

/** More notes than are let in at once. */
function flood({ victim }: Attempt): Reply[] {
  return Array.from({ length: 520 }, (_, n) => {
    const id = deriveTaskId("em", "flood", String(n));
    const file = makeTaskName({ date: "2026-11-21", who: "Anna Berg", subject: `Flood ${n}`, id, rev: 1 });
    const fields = { ...victim.note.fields, id, source_message: `msg_flood_${n}` };
    return {
      ...victim,
      id,
      file,
      path: pendingOf({ file }),
      text: renderNote({ ...victim.note, fields }, KINDS),
    };
  });
}

/** Rewrites what the remote holds, waits until the laptop has stopped, and puts it right again. */
function rewrites(
  name: string,
  rewrite: (stage: Stage, attempt: Attempt, tip: string) => Promise<string>,
): Forgery {
  return {
    name,
    group: "cloud",
    victim: "drafted",
    when: "alone",
    reason: "REMOTE_DIVERGED",
    async attack(stage, attempt) {
      const { office, thief } = stage;
      const status = join(office.local.state, "sync-status.json");
      const tip = (await office.remote.tip()) ?? "";
      await thief.force(await rewrite(stage, attempt, tip));
      const told = JSON.parse(await stage.untilSays(status, "REMOTE_DIVERGED"));
      const dashboard = stage.vault.path("Dashboard.md");
      await stage.untilSays(dashboard, "nothing is carried out until it goes on");
      // What the laptop synced last: rolled back, it may have published once more before it stopped.
      await office.remote.git("update-ref", `refs/heads/${office.remote.branch}`, told.tip);
      await stage.untilSays(status, '"state":"ok"');
      return { said: [`${told.code} ${told.message}`] };
    },
  };
}

const approval = (attempt: Attempt) => [{ path: approvedOf(attempt.victim), text: forge(attempt).text }];

const HISTORY: Forgery[] = [
  rewrites("last_commit_rewritten", async (stage, attempt, tip) => {
    await stage.thief.git(["fetch", "--quiet", "origin"]);
    const old = await stage.thief.git(["rev-parse", `${tip}~1`]);
    return stage.thief.commit(approval(attempt), { parents: () => [old], base: old });
  }),
  rewrites("history_without_a_past", (stage, attempt) =>
    stage.thief.commit(approval(attempt), { parents: () => [] }),
  ),
  rewrites("rolled_back_and_forward_again", async (stage, attempt, tip) => {
    await stage.thief.git(["fetch", "--quiet", "origin"]);
    const old = await stage.thief.git(["rev-parse", `${tip}~5`]);
    await stage.thief.force(old);
    return stage.thief.commit(approval(attempt), { parents: () => [old], base: old });
  }),
  {
    name: "flood_of_notes",
    group: "cloud",
    victim: "drafted",
    when: "alone",
    reason: "500 notes wait already",
    also: ["more changes that are not allowed"],
    attack: async (stage, attempt) => ({ commits: [await stage.thief.push(flood(attempt).map(toEdit))] }),
  },
];

/** Notes that come in and must not count, versions, replays, histories. */
export const CLOUD_REVISIONS: readonly Forgery[] = [...RECIPIENTS, ...REVISIONS, ...REPLAYS, ...HISTORY];
