import { parentPort } from "node:worker_threads";
import { parseMail } from "./parse-mail.ts";

// The thread a mail decoder runs: one mail in, one result out.
parentPort?.on("message", (raw: Uint8Array) => {
  void parseMail(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)).then((mail) =>
    parentPort?.postMessage(mail),
  );
});
