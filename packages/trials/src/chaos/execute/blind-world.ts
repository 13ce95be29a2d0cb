import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { z } from "zod";

/**
 * The world outside of the provider that cannot tell: a folder neither the vault nor the state folder knows.
 * Mails that arrived, mails that went out (one line for each, however often), and how it misbehaves right now.
 */
const arrivedSchema = z.strictObject({
  message_id: z.string(),
  thread_id: z.string(),
  from: z.strictObject({ name: z.string(), address: z.string() }),
  subject: z.string(),
  text: z.string(),
  received_at: z.iso.datetime(),
});
export type Arrived = z.infer<typeof arrivedSchema>;

export const replyArgs = z.strictObject({
  to: z.array(z.string()).min(1),
  cc: z.array(z.string()),
  subject: z.string(),
  body: z.string().min(1),
  source_message_id: z.string(),
  thread_id: z.string(),
});

const deliveredSchema = z.strictObject({
  ref: z.string(),
  nonce: z.string(),
  args: replyArgs,
  at: z.number(),
});
export type Delivered = z.infer<typeof deliveredSchema>;

/** Probabilities from 0 to 1, each for one handing over. */
const moodSchema = z.strictObject({
  /** A mail that went out is listed this much later. */
  lagMs: z.number(),
  /** How long it takes to hand a mail over. */
  delayMs: z.number(),
  /** Nothing is taken, and that is said. */
  busy: z.number(),
  /** The connection breaks before the mail was taken. */
  brokenBefore: z.number(),
  /** It breaks after, in place of the answer. */
  brokenAfter: z.number(),
  /** There is no answer for a long time after the effect. */
  silentAfter: z.number(),
});
export type Mood = z.infer<typeof moodSchema>;

export const CALM: Mood = {
  lagMs: 0,
  delayMs: 0,
  busy: 0,
  brokenBefore: 0,
  brokenAfter: 0,
  silentAfter: 0,
};

export interface BlindWorld {
  arrive(mail: Arrived): Promise<void>;
  arrived(): Promise<Arrived[]>;
  /** Durable before it resolves. */
  deliver(mail: Omit<Delivered, "ref">): Promise<Delivered>;
  delivered(): Promise<Delivered[]>;
  setMood(mood: Mood): Promise<void>;
  mood(): Promise<Mood>;
}

export function openBlindWorld(folder: string): BlindWorld {
  const arrivals = openAppendLog(join(folder, "arrived.jsonl"));
  const deliveries = openAppendLog(join(folder, "delivered.jsonl"));
  const moodPath = join(folder, "mood.json");
  return {
    arrive: (mail) => arrivals.append(mail),
    arrived: async () => (await arrivals.readAll()).map((line) => arrivedSchema.parse(line)),
    async deliver(mail) {
      const delivered = { ...mail, ref: `out-${crypto.randomUUID()}` };
      await deliveries.append(delivered);
      return delivered;
    },
    delivered: async () => (await deliveries.readAll()).map((line) => deliveredSchema.parse(line)),
    async setMood(mood) {
      await writeFile(`${moodPath}.new`, JSON.stringify(mood));
      await rename(`${moodPath}.new`, moodPath);
    },
    mood: async () => moodSchema.parse(JSON.parse(await readFile(moodPath, "utf8"))),
  };
}
