import { NightdeskError, openReceipt, verifyReceipt } from "@nightdesk/claim-lib";
import { createTurns, type EffectRow, type HandleStore } from "@nightdesk/email-mcp/live";
import { deliver, meetFault } from "./deliver.ts";
import { createSimHandleStore } from "./handle-store.ts";
import { PUBLIC_PEM } from "./keys.ts";
import type { LiveServer } from "./live-server.ts";
import { ACCOUNT } from "./mailbox.ts";
import type { Draft, Sent } from "./outside.ts";
import type { ExecWorld } from "./world.ts";

const DRY = "dry-";

interface Parts {
  world: ExecWorld;
  store: HandleStore;
  mode: ExecWorld["mode"];
  isAlive: () => boolean;
}

/**
 * The servers for providers without a draft that is used up. `search-only` hands a mail over each time it is told
 * to: that nothing goes out twice is the executor's doing alone. `idempotent` leans on the unique reference.
 */
export function createPlainServer(world: ExecWorld, isAlive: () => boolean): LiveServer {
  const parts: Parts = { world, store: createSimHandleStore(world, isAlive), mode: world.mode, isAlive };
  const inTurn = createTurns();
  return {
    prepare: (input) => prepare(parts, input),
    commit: (input) => inTurn(input.handle, () => commit(parts, input)),
    find: (input) => find(parts, input),
  };
}

interface Bound {
  receipt: unknown;
  handle: string;
}

function openBound({ store, mode }: Parts, { receipt: signed, handle }: Bound) {
  const receipt = openReceipt(signed, PUBLIC_PEM);
  const row = store.find(receipt.nonce);
  if (row?.handle !== handle || receipt.mode !== mode)
    throw new NightdeskError("HANDLE_NOT_BOUND", "That was not prepared here.");
  return { receipt, row };
}

async function prepare(
  { world, store, mode }: Parts,
  { receipt: signed, args }: Parameters<LiveServer["prepare"]>[0],
) {
  const receipt = verifyReceipt(signed, PUBLIC_PEM, {
    tool: "email_reply",
    channel: "email",
    account: ACCOUNT,
    mode,
    args,
    nowMs: world.nowMs,
  });
  const { nonce } = receipt;
  const known = store.find(nonce);
  if (known?.handle) return { handle: known.handle };
  const handle = `${mode === "dry_run" ? DRY : "ref-"}${nonce}`;
  store.begin({
    nonce,
    argsSha256: receipt.args_sha256,
    ref: handle,
    messageIdHeader: `<${nonce}>`,
    threadId: String(args["thread_id"]),
    begunAtMs: world.nowMs,
  });
  return { handle: store.bind(nonce, handle, JSON.stringify(args)).handle ?? handle };
}

async function commit(parts: Parts, input: Bound) {
  const { world, store } = parts;
  const { receipt, row } = openBound(parts, input);
  if (row.sent) return toAnswer(row.sent.messageId, row.sent.sentAtMs);
  if (Date.parse(receipt.expires_at) <= world.nowMs)
    throw new NightdeskError("RECEIPT_EXPIRED", "The receipt is past its time.");
  const sent = input.handle.startsWith(DRY)
    ? { id: "dry-run", threadId: row.threadId, atMs: world.nowMs }
    : await send(parts, row);
  store.markSent(row.nonce, { messageId: sent.id, threadId: sent.threadId, sentAtMs: sent.atMs });
  return toAnswer(sent.id, sent.atMs);
}

async function find(parts: Parts, input: Bound) {
  const { world } = parts;
  const { row } = openBound(parts, input);
  if (row.sent) return { state: "done", ...toAnswer(row.sent.messageId, row.sent.sentAtMs) };
  if (input.handle.startsWith(DRY)) return { state: "absent" };
  const sent = await meetFault(world, "look", () =>
    world.outside.sent.find((one) => one.ref === row.ref && one.visibleAtMs <= world.trueMs),
  ).catch(() => {
    throw new NightdeskError("PROVIDER_UNREACHABLE", "It could not be looked up.", { retry: "safe" });
  });
  if (sent) return { state: "done", ...toAnswer(sent.id, sent.atMs) };
  if (world.kind === "idempotent") return { state: "absent" };
  // What was handed over and is not found may still have gone out.
  return { state: world.outside.begun[row.nonce] === true ? "unknown" : "absent" };
}

async function send({ world, isAlive }: Parts, row: EffectRow): Promise<Sent> {
  const draft: Draft = { id: row.ref, content: row.digest ?? "", threadId: row.threadId, ref: row.ref };
  if (!isAlive()) throw new Error("the server has ended");
  world.change("server begins", { begun: { ...world.outside.begun, [row.nonce]: true } });
  // The power went with that note: whoever runs on here is dead.
  if (!isAlive()) throw new Error("the server has ended");
  try {
    const sent = await meetFault(world, "send", () => deliver(world, draft), draft);
    if (sent) return sent;
  } catch (error) {
    const status = statusOf(error);
    if (status === 429 || status === 400) {
      world.change("server was refused", { begun: { ...world.outside.begun, [row.nonce]: false } });
      throw new NightdeskError("PROVIDER_REFUSED", "The provider refused it; nothing was done.", {
        retry: status === 429 ? "safe" : "never",
        cause: error,
      });
    }
  }
  throw new NightdeskError("SEND_OUTCOME_UNKNOWN", "It may or may not have gone out.", {
    retry: "ambiguous",
  });
}

function statusOf(error: unknown): unknown {
  const response: unknown = error instanceof Error && "response" in error ? error.response : null;
  return typeof response === "object" && response !== null && "status" in response ? response.status : null;
}

function toAnswer(id: string, atMs: number) {
  return { message_id: id, sent_at: new Date(atMs).toISOString() };
}
