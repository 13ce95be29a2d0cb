import { STATE, VAULT } from "../machine.ts";
import { OWNER_ACTS } from "./owner.ts";
import { playToRest } from "./play.ts";
import type { ExecWorld } from "./world.ts";

const IN_VAULT = [
  "Approved",
  "Done/2026-11",
  "In_Progress/local",
  "Inbox",
  "Logs/local",
  "Needs_Attention",
  "Pending_Approval/email",
  "Rejected",
];

/** A laptop as it is any evening: notes before the owner, looked at by the program, everything safe on the disk. */
export async function prepareWorld(world: ExecWorld, tasks: number): Promise<void> {
  const folders = [STATE, `${STATE}/drafts`, ...IN_VAULT.map((folder) => `${VAULT}/${folder}`)];
  for (const folder of folders) await world.disk.mkdir(folder, { recursive: true });
  for (const folder of world.disk.peek().folders.keys()) {
    const handle = await world.disk.open(folder, 0);
    await handle.sync();
  }
  for (let n = 1; n <= tasks; n += 1) await OWNER_ACTS.present(world, n);
  await playToRest(world, []);
  world.elapsedMs = 0;
}
