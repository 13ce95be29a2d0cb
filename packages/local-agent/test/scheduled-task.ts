import assert from "node:assert/strict";
import { parseNote } from "@nightdesk/claim-lib";
import { deliver, kinds, makeTask, putMail, type AgentOptions, type Task, type World } from "./world.ts";

export const HOUR = 3_600_000;
export const VIENNA: AgentOptions = { timeZone: "Europe/Vienna" };

export const withTime = (task: Task, time: string) => task.text.replace(/^send_at:.*$/m, `send_at: ${time}`);

/** As the owner does it: fills in the time, then moves the note. */
export async function approveFor(world: World, time: string, folder = "Approved", number = 1): Promise<Task> {
  putMail(world, number);
  const task = makeTask(world, { number });
  const path = await deliver(world, task);
  await world.files.write(path, withTime(task, time));
  await world.files.move(path, `${folder}/${task.file}`);
  return task;
}

export function noticeIn(world: World, path: string): string {
  const text = world.files.snapshot()[path];
  assert.ok(text !== undefined, `nothing lies at ${path}`);
  return parseNote(text, kinds).fields.notice ?? "";
}

export const pendingOf = (task: Task) => `Pending_Approval/email/${task.file}`;
export const scheduledOf = (task: Task) => `Scheduled/${task.file}`;
