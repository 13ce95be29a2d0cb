import { parentPort } from "node:worker_threads";
import { parseMail } from "./parse-mail.ts";

// The thread a mail decoder runs: one mail in, one result out.
parentPort?.on("message", async (raw: Uint8Array) => {
  const mail = await parseMail(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(mail);
});
