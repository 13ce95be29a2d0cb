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
  return new Worker(new URL("./mime/decode-worker.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: DECODE_MEMORY_MB },
    // Whatever the library prints must not get into the protocol on stdout.
    stdout: true,
    stderr: true,
  });
}

/** The result, or null when the thread took too long or died. */
function ask(worker: Worker, raw: Buffer, timeoutMs: number): Promise<ParsedMail | null> {
  return new Promise((resolve) => {
    const done = (mail: ParsedMail | null) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      // An error that comes late must not end the server.
      worker.on("error", () => undefined);
      resolve(mail);
    };
    const timer = setTimeout(() => done(null), timeoutMs);
    worker.once("message", done);
    worker.once("error", () => done(null));
    worker.once("exit", () => done(null));
    worker.postMessage(raw);
  });
}
