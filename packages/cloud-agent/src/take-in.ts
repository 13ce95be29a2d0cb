import { describeError, FOLDERS, itemTaskId, NightdeskError, vaultPath } from "@nightdesk/claim-lib";
import { audit } from "./audit.ts";
import { buildMailNote, buildUnreadableNote, type NewTask } from "./build-mail-note.ts";
import type { Mail, MailRef } from "./mail-port.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";
import { renderChecked } from "./render-checked.ts";
import type { TaskIndex } from "./task-index.ts";

/** Polls a mail is tried to be read in before its task is made without its content. */
const READ_ATTEMPTS = 3;

/** The same for every watcher of this mailbox, on whatever machine. */
export function taskIdOf(settings: CloudSettings, account: string, messageId: string): string {
  return itemTaskId(settings.idPrefix, account, messageId);
}

export interface Intake {
  ports: CloudPorts;
  settings: CloudSettings;
  index: TaskIndex;
  /** By task id: how often reading has failed. */
  attempts: Map<string, number>;
}

export interface Arrival {
  ref: MailRef;
  id: string;
  account: string;
  /** Mails received before are not taken: 0 for every one. */
  sinceMs: number;
}

/** Makes the task of one mail. `waiting`: it could not be read yet, and the cursor must not pass it. */
export async function takeIn(intake: Intake, arrival: Arrival): Promise<"taken" | "passed" | "waiting"> {
  const { ports, index, attempts } = intake;
  let task: NewTask;
  try {
    const mail = await ports.mail.read(arrival.ref.message_id);
    if (Date.parse(mail.received_at) < arrival.sinceMs) return "passed";
    task = makeTask(mail, arrival, intake);
  } catch (error) {
    if (await isOutage(ports, error)) throw error;
    const count = (attempts.get(arrival.id) ?? 0) + 1;
    attempts.set(arrival.id, count);
    ports.log.warn({ event: "mail.unreadable", id: arrival.id, attempt: count, error });
    if (count < READ_ATTEMPTS) return "waiting";
    if (NightdeskError.is(error, "GMAIL_NOT_FOUND")) {
      // Deleted before it was read: there is nothing to answer. It is told, not hidden.
      await audit(ports, {
        action_type: "mail_gone",
        target: arrival.id,
        parameters: { message: arrival.ref.message_id },
        result: "ok",
      });
      await index.add(arrival.id);
      return "passed";
    }
    task = buildUnreadableNote(arrival.ref, describeError(error), originOf(arrival, ports));
  }
  await writeTask(intake, arrival, task);
  attempts.delete(arrival.id);
  return "taken";
}

function originOf(arrival: Arrival, ports: CloudPorts) {
  return { id: arrival.id, account: arrival.account, nowMs: ports.clock.now() };
}

/** A mail whose text cannot be made a harmless note becomes a task that says so. */
function makeTask(mail: Mail, arrival: Arrival, { ports, settings }: Intake): NewTask {
  const origin = originOf(arrival, ports);
  try {
    const task = buildMailNote(mail, origin);
    renderChecked(task.note, settings.kinds);
    return task;
  } catch (error) {
    ports.log.warn({ event: "mail.not_showable", id: arrival.id, error });
    return buildUnreadableNote(arrival.ref, "its text could not be made harmless", origin);
  }
}

async function writeTask({ ports, settings, index }: Intake, arrival: Arrival, task: NewTask): Promise<void> {
  const path = vaultPath(FOLDERS.needsAction, settings.needsAction, task.file);
  await ports.files.write(path, renderChecked(task.note, settings.kinds));
  await index.add(arrival.id);
  await audit(ports, {
    action_type: "task_created",
    target: arrival.id,
    parameters: { message: arrival.ref.message_id, thread: arrival.ref.thread_id },
    result: "ok",
  });
}

/**
 * Tells a mailbox that cannot be reached, where nothing may be concluded about a mail, from one mail
 * that cannot be read while the mailbox answers.
 */
export async function isOutage(ports: Pick<CloudPorts, "mail">, error: unknown): Promise<boolean> {
  if (NightdeskError.is(error, "MCP_UNREACHABLE")) return true;
  return ports.mail.profile().then(
    () => false,
    () => true,
  );
}
