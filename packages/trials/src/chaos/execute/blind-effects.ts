import {
  hashArgs,
  openReceipt,
  sha256Hex,
  verifyReceipt,
  type Clock,
  type Random,
  type Receipt,
} from "@nightdesk/claim-lib";
import type { AppendLog } from "@nightdesk/daemon-kit/append-log";
import { z } from "zod";
import { fail } from "../../errors.ts";
import { replyArgs, type BlindWorld, type Delivered } from "./blind-world.ts";

/** Where the stand-in server can be killed, in the words of the real one. */
export const BLIND_FAILPOINTS = [
  "before:bind",
  "after:bind",
  "before:send",
  "after:send",
  "before:answer",
] as const;
type BlindFailpoint = (typeof BLIND_FAILPOINTS)[number];

const bindingSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("bound"), nonce: z.string(), handle: z.string(), args: replyArgs }),
  z.strictObject({ type: z.literal("sent"), nonce: z.string(), ref: z.string(), at: z.number() }),
]);

type ReplyArgs = z.infer<typeof replyArgs>;

interface Binding {
  handle: string;
  args: ReplyArgs;
  sent: { ref: string; at: number } | null;
}

export interface BlindPorts {
  world: BlindWorld;
  /** Handles and their receipts, durable. */
  bindings: AppendLog;
  account: string;
  receiptKey(): string;
  reach(point: BlindFailpoint): Promise<void>;
  clock: Clock;
  random: Random;
}

/** Longer than anybody waits who kills every two seconds. */
const SILENCE_MS = 8_000;

/**
 * The live tools in front of a provider that cannot tell, as SMTP with a Sent folder read by IMAP: handing a mail
 * over is one shot, the provider knows no handle, and what it lists lags. Whoever tells this server twice to hand
 * over a mail it has no record of hands it over twice: that it does not happen is the executor's doing alone.
 */
export async function openBlindEffects(ports: BlindPorts) {
  const known = await readBindings(ports.bindings);
  const boundTo = (signed: unknown, handle: string) => {
    const receipt = openReceipt(signed, ports.receiptKey());
    const binding = known.get(receipt.nonce);
    if (binding?.handle === handle && receipt.args_sha256 === hashArgs(binding.args))
      return { receipt, binding };
    throw fail("HANDLE_NOT_BOUND", "That was not prepared here for this receipt; nothing was sent.");
  };
  return {
    prepare: (signed: unknown, args: ReplyArgs) => prepare(ports, known, signed, args),
    commit(signed: unknown, handle: string) {
      const { receipt, binding } = boundTo(signed, handle);
      return commit(ports, receipt, binding);
    },
    find: (signed: unknown, handle: string) => find(ports, boundTo(signed, handle).receipt),
  };
}

async function prepare(ports: BlindPorts, known: Map<string, Binding>, signed: unknown, args: ReplyArgs) {
  const { nonce } = verifyReceipt(signed, ports.receiptKey(), {
    tool: "email_reply",
    channel: "email",
    account: ports.account,
    mode: "live",
    args,
    nowMs: ports.clock.now(),
  });
  const before = known.get(nonce);
  if (before) return { handle: before.handle };
  await ports.reach("before:bind");
  const handle = `blind-${sha256Hex(nonce).slice(0, 24)}`;
  await ports.bindings.append({ type: "bound", nonce, handle, args });
  known.set(nonce, { handle, args, sent: null });
  await ports.reach("after:bind");
  return { handle };
}

async function commit(ports: BlindPorts, receipt: Receipt, binding: Binding) {
  if (!binding.sent) {
    const { ref, at } = await handOver(ports, receipt, binding);
    await ports.bindings.append({ type: "sent", nonce: receipt.nonce, ref, at });
    binding.sent = { ref, at };
  }
  await ports.reach("before:answer");
  return {
    message_id: binding.sent.ref,
    thread_id: binding.args.thread_id,
    sent_at: new Date(binding.sent.at).toISOString(),
  };
}

async function handOver(ports: BlindPorts, receipt: Receipt, binding: Binding): Promise<Delivered> {
  const { world, clock, random } = ports;
  if (Date.parse(receipt.expires_at) <= clock.now())
    throw fail("PROVIDER_BUSY", "The receipt is past its time; nothing was handed over.");
  const mood = await world.mood();
  if (random.fraction() < mood.busy) throw fail("PROVIDER_BUSY", "The provider took nothing and said so.");
  await clock.sleep(mood.delayMs * random.fraction());
  if (random.fraction() < mood.brokenBefore) throw brokenOff();
  await ports.reach("before:send");
  const delivered = await world.deliver({ nonce: receipt.nonce, args: binding.args, at: clock.now() });
  await ports.reach("after:send");
  if (random.fraction() < mood.silentAfter) await clock.sleep(SILENCE_MS);
  else if (random.fraction() >= mood.brokenAfter) return delivered;
  throw brokenOff();
}

/** Only what the Sent folder's index shows by now; that it shows nothing proves nothing. */
async function find({ world, clock }: BlindPorts, { nonce }: Receipt) {
  const shownUntil = clock.now() - (await world.mood()).lagMs;
  const shown = (await world.delivered()).find((one) => one.nonce === nonce && one.at <= shownUntil);
  return shown
    ? { state: "done", message_id: shown.ref, sent_at: new Date(shown.at).toISOString() }
    : { state: "unknown" };
}

function brokenOff() {
  return fail("SEND_OUTCOME_UNKNOWN", "The connection broke while the mail was handed over.");
}

async function readBindings(log: AppendLog): Promise<Map<string, Binding>> {
  const known = new Map<string, Binding>();
  for (const line of await log.readAll()) {
    const record = bindingSchema.parse(line);
    if (record.type === "bound") known.set(record.nonce, { ...record, sent: null });
    else Object.assign(known.get(record.nonce) ?? {}, { sent: { ref: record.ref, at: record.at } });
  }
  return known;
}
