import { Worker } from "node:worker_threads";
import { DECODE_MEMORY_MB, DECODE_TIMEOUT_MS, DECODER_IDLE_MS } from "./limits.ts";
import { describeUndecoded, type ParsedMail } from "./mime/read-head.ts";

export interface MailDecoder {
  /** Decodes one mail after the other. Never throws. */
  decode(raw: Buffer): Promise<ParsedMail>;
  close(): void;
}

const GAVE_UP =
  "The mail is built so that it could not be decoded in time; what is shown is its text as it came.";

/**
 * Decodes mails in a thread of its own, within limits of time and memory. A few hundred kilobytes can keep a
 * MIME library busy for minutes (measured: 1.8 MB of "> > " lines, more than two), and in the server's own
 * thread one such mail would stop all others. The thread is ended after a while without work.
 */
export function createMailDecoder(timeoutMs = DECODE_TIMEOUT_MS): MailDecoder {
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const end = () => {
    clearTimeout(idle);
    void worker?.terminate();
    worker = null;
  };
  const run = async (raw: Buffer): Promise<ParsedMail> => {
    clearTimeout(idle);
    worker ??= startWorker();
    worker.ref();
    const mail = await ask(worker, raw, timeoutMs);
    if (!mail) {
      end();
      return describeUndecoded(raw, GAVE_UP);
    }
    worker?.unref();
    idle = setTimeout(end, DECODER_IDLE_MS).unref();
    return mail;
  };
  return {
    decode(raw) {
      const own = last.then(() => run(raw));
      last = own.catch(() => undefined);
      return own;
    },
    close: end,
  };
}

function startWorker(): Worker {
  const worker = new Worker(new URL("./mime/decode-worker.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: DECODE_MEMORY_MB },
    // Whatever the library prints must not get into the protocol on stdout.
    stdout: true,
    stderr: true,
  });
  // Its death is seen by "exit"; an error nobody listens to would end the server.
  worker.on("error", () => undefined);
  return worker;
}

/** The result, or null when the thread took too long or died. */
function ask(worker: Worker, raw: Buffer, timeoutMs: number): Promise<ParsedMail | null> {
  return new Promise((resolve) => {
    const give = (mail: ParsedMail) => done(mail);
    const giveUp = () => done(null);
    const timer = setTimeout(giveUp, timeoutMs);
    const done = (mail: ParsedMail | null) => {
      clearTimeout(timer);
      worker.off("message", give);
      worker.off("exit", giveUp);
      resolve(mail);
    };
    worker.on("message", give);
    worker.on("exit", giveUp);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(raw);
  });
}
