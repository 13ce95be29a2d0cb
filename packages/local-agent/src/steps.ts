import type { Receipt, SignedReceipt } from "@nightdesk/claim-lib";
import { z } from "zod";
import { fail } from "./errors.ts";
import type { JournalEntry } from "./journal.ts";
import { RECEIPT_TTL_MS } from "./limits.ts";
import type { Ports } from "./ports.ts";

/**
 * The four steps of every effect. Each does one thing outside or one line in the journal, so that a
 * crash can only fall between two of them.
 */
const prepared = z.object({ handle: z.string().min(1).max(1000) });
const committed = z.object({ message_id: z.string().min(1).max(400), sent_at: z.string() });
const discarded = z.object({ discarded: z.boolean() });
const found = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("done"),
    message_id: z.string().min(1).max(400),
    sent_at: z.string().optional(),
  }),
  z.object({ state: z.literal("absent") }),
  z.object({ state: z.literal("unknown") }),
]);
export type Found = z.infer<typeof found>;
export interface Outcome {
  ref: string;
  sentAt: string;
}

/** A receipt for this entry, signed now. Same nonce, same arguments: only its end is later. */
export function receiptFor(
  ports: Pick<Ports, "clock" | "sign">,
  intent: Omit<JournalEntry["intent"], "receipt">,
): SignedReceipt {
  const nowMs = ports.clock.now();
  const receipt: Receipt = {
    v: 1,
    id: intent.id,
    rev: intent.rev,
    channel: intent.channel,
    account: intent.account,
    mode: intent.mode,
    tool: intent.tool,
    args_sha256: intent.args_sha256,
    nonce: intent.nonce,
    issued_at: new Date(nowMs).toISOString(),
    expires_at: new Date(nowMs + RECEIPT_TTL_MS).toISOString(),
  };
  return ports.sign(receipt);
}

/** Makes the effect ready and records its handle. Repeating it gives the same handle. */
export async function prepare(
  ports: Ports,
  entry: JournalEntry,
  args: Record<string, unknown>,
): Promise<void> {
  const { handle } = await act(ports, entry, "prepare", { args }, prepared);
  await ports.reach("after:prepare");
  await ports.journal.append({
    type: "prepared",
    id: entry.intent.id,
    nonce: entry.intent.nonce,
    handle,
    at: now(ports),
  });
  await ports.reach("after:prepared");
}

/** Makes the effect happen, once however often it is called. */
export async function commit(ports: Ports, entry: JournalEntry, handle: string): Promise<Outcome> {
  const answer = await act(ports, entry, "commit", { handle }, committed);
  await ports.reach("after:commit");
  return { ref: answer.message_id, sentAt: toInstant(answer.sent_at, ports) };
}

/** Only looks. */
export async function find(ports: Ports, entry: JournalEntry, handle: string): Promise<Found> {
  const { name, liveTools } = channelOf(ports, entry);
  return ports.link(name).read(liveTools.find, { receipt: receiptFor(ports, entry.intent), handle }, found);
}

/**
 * Takes away what was prepared for an effect that is not to come: no draft is left behind, and a request that is
 * still on its way finds nothing to send.
 * @returns true when it surely is gone; when that fails it stays
 */
export async function discard(ports: Ports, entry: JournalEntry): Promise<boolean> {
  const { handle, intent } = entry;
  // The server refuses a receipt of the other mode, and a rehearsal left nothing anyway.
  if (handle === null || intent.mode !== ports.mode) return false;
  try {
    const { name, liveTools } = channelOf(ports, entry);
    if (liveTools.discard === undefined) return false;
    const input = { receipt: receiptFor(ports, intent), handle };
    return (await ports.link(name).act(liveTools.discard, input, discarded)).discarded;
  } catch (error) {
    ports.log.warn({ event: "draft.left_behind", id: intent.id, error });
    return false;
  }
}

/** Records that it happened. */
export async function recordOutcome(ports: Ports, entry: JournalEntry, outcome: Outcome): Promise<void> {
  const { id, nonce } = entry.intent;
  await ports.journal.append({
    type: "committed",
    id,
    nonce,
    ref: outcome.ref,
    sent_at: outcome.sentAt,
    at: now(ports),
  });
  await ports.reach("after:journal");
}

/** What the provider said when asked later may lack the instant; then it is now. */
export function toInstant(text: string | undefined, ports: Pick<Ports, "clock">): string {
  const parsedMs = Date.parse(text ?? "");
  return new Date(Number.isNaN(parsedMs) ? ports.clock.now() : parsedMs).toISOString();
}

function act<T>(
  ports: Ports,
  entry: JournalEntry,
  step: "prepare" | "commit",
  more: Record<string, unknown>,
  answer: z.ZodType<T>,
): Promise<T> {
  const { name, liveTools } = channelOf(ports, entry);
  return ports.link(name).act(liveTools[step], { receipt: receiptFor(ports, entry.intent), ...more }, answer);
}

function channelOf(ports: Ports, entry: JournalEntry) {
  const channel = ports.channels.find(({ name }) => name === entry.intent.channel);
  if (!channel) {
    throw fail(
      "CHANNEL_MISSING",
      `The channel "${entry.intent.channel}" is not in CHANNELS any more; what was begun there waits.`,
    );
  }
  return channel;
}

function now(ports: Pick<Ports, "clock">): string {
  return new Date(ports.clock.now()).toISOString();
}
