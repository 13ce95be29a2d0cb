import { verifyReceipt, type Receipt } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import { parseHeaders } from "../mime/parse-headers.ts";
import type { RawMail } from "../provider.ts";
import { DRY_PREFIX, expectation, makeMark } from "./bound-effect.ts";
import { buildReplyMime } from "./build-reply-mime.ts";
import { digestReply } from "./digest-reply.ts";
import type { LiveDeps } from "./live-deps.ts";
import type { ReplyArgs } from "./reply-args.ts";

/**
 * The first half of an effect: makes the draft and binds the receipt's nonce to it for ever. Repeating
 * it gives the same handle, also after a restart; nothing goes out.
 */
export async function prepareReply(
  input: { receipt?: unknown; args: ReplyArgs },
  deps: LiveDeps,
): Promise<{ handle: string }> {
  const receipt = verifyReceipt(input.receipt, deps.receiptKey(), {
    ...expectation(deps),
    args: input.args,
    nowMs: deps.clock.now(),
  });
  return deps.inTurn(receipt.nonce, async () => {
    const bound = deps.store.find(receipt.nonce);
    return { handle: bound?.handle ?? (await makeHandle(receipt, input.args, deps)) };
  });
}

async function makeHandle(receipt: Receipt, args: ReplyArgs, deps: LiveDeps): Promise<string> {
  const mark = makeMark(receipt.nonce, deps.account);
  const source = await readSource(args, deps);
  const raw = await buildReplyMime({
    args,
    from: await senderOf(deps),
    source: parseHeaders(source.raw).headers,
    mark,
    dateMs: deps.clock.now(),
  });
  const digest = await digestReply(raw);
  const isFirst = deps.store.begin({
    ...mark,
    nonce: receipt.nonce,
    argsSha256: receipt.args_sha256,
    threadId: args.thread_id,
    begunAtMs: deps.clock.now(),
  });
  if (deps.devMode) {
    return deps.store.bind(receipt.nonce, DRY_PREFIX + receipt.nonce, digest).handle ?? "";
  }
  const left = isFirst ? null : await takeUpDraft(args.thread_id, mark, digest, deps);
  const draftId = left ?? (await deps.sender.createDraft(raw, args.thread_id));
  const { handle } = deps.store.bind(receipt.nonce, draftId, digest);
  // Somebody else was first; a second draft would only lie about.
  if (handle !== draftId) await deps.sender.deleteDraft(draftId);
  return handle ?? draftId;
}

async function readSource(args: ReplyArgs, deps: LiveDeps): Promise<RawMail> {
  const source = await deps.reader.read(args.source_message_id);
  if (source.threadId === args.thread_id) return source;
  throw fail(
    "SOURCE_MISMATCH",
    "The mail to answer is not in the thread that was approved; nothing was prepared. Have a new reply drafted.",
    { data: { expected: args.thread_id, found: source.threadId } },
  );
}

/** The mailbox's own address, with the name the owner gave it in Gmail. */
async function senderOf(deps: LiveDeps) {
  const account = deps.account.toLowerCase();
  const own = (await deps.reader.ownAddresses()).find(({ address }) => address.toLowerCase() === account);
  return { name: own?.name ?? "", address: deps.account };
}

/** A crash, or a lost answer, may have left this receipt's draft behind unbound. */
async function takeUpDraft(
  threadId: string,
  mark: ReturnType<typeof makeMark>,
  digest: string,
  deps: LiveDeps,
): Promise<string | null> {
  const draftId = await deps.sender.findDraft(threadId, mark);
  const raw = draftId === null ? null : await deps.sender.readDraft(draftId);
  if (draftId === null || raw === null) return null;
  if ((await digestReply(raw)) === digest) return draftId;
  await deps.sender.deleteDraft(draftId);
  return null;
}
