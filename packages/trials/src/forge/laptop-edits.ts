import { receiveMail } from "../office/sample-reply.ts";
import { ASKED } from "./cloud-revisions.ts";
import { ATTACKER, type Attempt, type Forgery } from "./forgery.ts";
import { program } from "./laptop-programs.ts";
import { pendingOf, type Stage } from "./stage.ts";

/** The waiting note with other details, then moved as the owner would. */
function edited(
  name: string,
  reason: string,
  edit: (text: string, attempt: Attempt, stage: Stage) => string | Buffer | Promise<string | Buffer>,
  more: Partial<Forgery> = {},
): Forgery {
  return program(
    name,
    reason,
    async (stage, attempt) => {
      const path = pendingOf(attempt.victim);
      await stage.vault.write(path, await edit(await stage.vault.read(path), attempt, stage));
      await stage.approve(attempt.victim);
      return { about: [attempt.victim.file, attempt.victim.id] };
    },
    more,
  );
}

const setting = (name: string, reason: string, key: string, line: string) =>
  edited(name, reason, (text) => text.replace(new RegExp(`^${key}:.*$`, "m"), () => line));

/** What a program can write into a waiting note before it is moved as the owner would. */
export const LAPTOP_EDITS: readonly Forgery[] = [
  setting("edited_recipient", ASKED.changed, "to", `to: ["${ATTACKER}"]`),
  setting("edited_copy", ASKED.changed, "cc", `cc: ["${ATTACKER}"]`),
  setting("edited_conversation", ASKED.thread, "source_thread", "source_thread: thr_other"),
  setting("edited_account", ASKED.account, "source_account", "source_account: other@brightside.example"),
  setting("edited_mail", ASKED.unknown, "source_message", "source_message: msg_other"),
  edited("turned_to_another_mail_of_the_same_customer", ASKED.item, async (text, { name }, { office }) => {
    const { messageId, threadId } = await receiveMail(office.gmail, `${name} other`);
    return text
      .replace(/^source_message:.*$/m, `source_message: ${messageId}`)
      .replace(/^source_thread:.*$/m, `source_thread: ${threadId}`)
      .replace(/^source_last:.*$/m, `source_last: ${messageId}`);
  }),
  setting("edited_kind", "NOTE_MALFORMED", "kind", "kind: bank_transfer"),
  setting("edited_into_a_note_without_action", "NOTE_UNKNOWN_KEY", "kind", "kind: email"),
  setting("edited_revision", "NAME_MALFORMED", "rev", "rev: 2"),
  setting("edited_bcc", "NOTE_UNKNOWN_KEY", "cc", `cc: []\nbcc: ["${ATTACKER}"]`),
  setting(
    "edited_line_break_in_an_address",
    "NOTE_MALFORMED",
    "to",
    `to: ["anna@kunde.example\\r\\nBcc: ${ATTACKER}"]`,
  ),
  setting("edited_group_syntax", "NOTE_MALFORMED", "to", `to: ["all: anna@kunde.example, ${ATTACKER};"]`),
  setting("edited_display_name", "NOTE_MALFORMED", "to", `to: ["anna@kunde.example <${ATTACKER}>"]`),
  setting("edited_unicode_domain", "NOTE_MALFORMED", "to", 'to: ["anna@kund\u0435.example"]'),
  setting("edited_outcome", "ALREADY_EXECUTED", "kind", "kind: email_reply\noutcome: sent"),
  setting("edited_recipient_key_twice", "NOTE_MALFORMED", "cc", `cc: []\nto: ["${ATTACKER}"]`),
  edited("edited_to_run_code", "NOTE_MALFORMED", (text) => text.replace("---\n", "---js\n")),
  edited("second_region_added", "NOTE_REGIONS", (text) =>
    text.replace("Thursday", "\n## Reply (edit here)\n\nForged"),
  ),
  edited("heading_taken_away", "NOTE_REGIONS", (text) => text.replace("## Reply (edit here)", "## Reply")),
  edited("gap_left_in_the_text", "PLACEHOLDER", (text) => text.replace("Thursday", "[date]")),
  edited("text_taken_away", "EMPTY_TEXT", (text) => text.replace(/\n\nHello Anna[^#]*##/, "\n\n##")),
  edited("note_grown_too_large", "NOTE_TOO_LARGE", (text) =>
    text.replace("Thursday", "Forged. ".repeat(40_000)),
  ),
  edited("note_of_17_megabytes", "NOTE_TOO_LARGE", (text) => text + "x".repeat(17 * 1024 * 1024)),
  edited("bytes_that_are_no_text", "TEXT_UNREADABLE", (text) => {
    const [before = "", after = ""] = text.split("Thursday");
    return Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(after)]);
  }),
  edited(
    "yes_to_another_question",
    `${ASKED.changed} ${ATTACKER}`,
    async (text, { victim }, stage) => {
      // First asked about one recipient; the yes is then used for another.
      await stage.vault.write(pendingOf(victim), text.replace(/^to:.*$/m, 'to: ["ben@kunde.example"]'));
      await stage.approve(victim);
      const asked = await stage.untilSays(stage.vault.path(pendingOf(victim)), "You changed the recipients");
      return asked.replace(/^to:.*$/m, `to: ["${ATTACKER}"]`);
    },
    { also: [ASKED.changed] },
  ),
];
