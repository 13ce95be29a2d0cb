import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DemoMailbox } from "./demo-mailbox.ts";

/** One entry of `index.json`. */
interface KeptMessage {
  file: string;
  message_id: string;
  thread_id: string;
  labels: string[];
  received_at: string;
}

/** Leaves the mailbox as it is: each message's raw bytes as a file, and what the provider says of it in `index.json`. */
export async function keepMailbox(mailbox: DemoMailbox, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const index: KeptMessage[] = [];
  for (const [number, message] of (await mailbox.rawMailbox()).entries()) {
    const file = `${String(number + 1).padStart(4, "0")}.eml`;
    await writeFile(join(folder, file), message.raw);
    index.push({
      file,
      message_id: message.messageId,
      thread_id: message.threadId,
      labels: message.labels,
      received_at: new Date(message.receivedAtMs).toISOString(),
    });
  }
  await writeFile(join(folder, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
}
