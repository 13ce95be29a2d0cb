import { NightdeskError, sha256Hex } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { STATE, VAULT } from "../machine.ts";
import { NOTHING_OUTSIDE } from "./outside.ts";
import { sample } from "./tasks.ts";
import type { TaskTruth } from "./truth.ts";
import type { ExecWorld } from "./world.ts";

const PENDING = "Pending_Approval/email";
const UNDER_WAY = "In_Progress/local";

/** What vault-sync, the owner and the owner's other programs do. Each does nothing where there is nothing to do. */
export type OwnerAct = (world: ExecWorld, n: number) => Promise<void>;

export const OWNER_ACTS = {
  /** As vault-sync puts a note before the owner: first the ledger, then the note. */
  async present(world, n) {
    const words = `Offer ${n} is on its way.`;
    const text = sample.text(n, words);
    const path = `${PENDING}/${sample.file(n)}`;
    world.truth = { ...world.truth, [n]: newTask(world, n, words) };
    await openAppendLog(`${STATE}/presented.jsonl`, world.disk).append({
      type: "presented",
      id: sample.id(n),
      rev: 1,
      sha256: sha256Hex(text),
      path,
      at: new Date(world.nowMs).toISOString(),
      from: "cloud",
      targets: { to: ["ann@example.com"], cc: [] },
    });
    await world.files.write(path, text);
  },
  async approve(world, n) {
    for (const from of [PENDING, "Rejected", "Needs_Attention", "Inbox"])
      if (
        mayApproveFrom(world, n, from) &&
        (await moveByHand(world, `${from}/${sample.file(n)}`, `Approved/${sample.file(n)}`))
      )
        sayYes(world, n);
  },
  async takeBack(world, n) {
    if (await moveByHand(world, `Approved/${sample.file(n)}`, `${PENDING}/${sample.file(n)}`))
      world.know(n, { hand: "pending" });
  },
  async reject(world, n) {
    if (await moveByHand(world, `Approved/${sample.file(n)}`, `Rejected/${sample.file(n)}`)) {
      world.know(n, { hand: "rejected" });
      world.excuse(n, "rejected before");
    }
  },
  async remove(world, n) {
    const path = `Approved/${sample.file(n)}`;
    if ((await world.files.stat(path)) === null) return;
    await world.files.remove(path);
    world.know(n, { hand: "deleted" });
  },
  async edit(world, n) {
    await rewrite(world, n, `Approved/${sample.file(n)}`);
  },
  async editPending(world, n) {
    await rewrite(world, n, `${PENDING}/${sample.file(n)}`);
  },
  async editUnderWay(world, n) {
    if (await rewrite(world, n, `${UNDER_WAY}/${sample.file(n)}`)) world.excuse(n, "edited while under way");
  },
  /** Back to where it was approved, after a crash left it lying. */
  async giveBack(world, n) {
    if (!(await moveByHand(world, `${UNDER_WAY}/${sample.file(n)}`, `Approved/${sample.file(n)}`))) return;
    const isOut = (world.task(n)?.effects ?? 0) > 0 || world.outside.begun !== NOTHING_OUTSIDE.begun;
    if (isOut) world.excuse(n, "moved while under way");
    world.know(n, { taken: null });
    sayYes(world, n);
  },
  async moveUnderWay(world, n) {
    if (!(await moveByHand(world, `${UNDER_WAY}/${sample.file(n)}`, `Inbox/${sample.file(n)}`))) return;
    world.know(n, { hand: "moved away" });
    world.excuse(n, "moved while under way");
  },
  /** A copy made by hand, as some programs for sync make it. */
  async copy(world, n) {
    const text = await world.files.read(`Approved/${sample.file(n)}`);
    if (text === null) return;
    world.excuse(n, "two copies");
    await world.files.write(`${PENDING}/${sample.file(n)}`, text);
  },
  async stop(world) {
    await world.files.write("STOP.md", "");
  },
  async resume(world) {
    await world.files.remove("STOP.md");
  },
  /** In Gmail's own window. */
  async dropDraft(world, n) {
    const { drafts } = world.outside;
    const mine = drafts.filter(({ threadId }) => threadId === `t${n}`);
    if (mine.length === 0) return;
    world.excuse(n, "draft removed");
    world.change("owner drops a draft", { drafts: drafts.filter((draft) => !mine.includes(draft)) });
  },
  async editDraft(world, n) {
    const { drafts } = world.outside;
    if (world.kind !== "handle" || !drafts.some(({ threadId }) => threadId === `t${n}`)) return;
    world.excuse(n, "draft edited");
    const changed = drafts.map((draft) =>
      draft.threadId === `t${n}` ? { ...draft, content: otherText(draft.content) } : draft,
    );
    world.change("owner edits a draft", { drafts: changed });
  },
} as const satisfies Record<string, OwnerAct>;

export type OwnerActName = keyof typeof OWNER_ACTS;

function newTask(world: ExecWorld, n: number, words: string): TaskTruth {
  return {
    n,
    hand: "pending",
    words,
    approvedWords: null,
    touchedAtMs: world.elapsedMs,
    touchedAtWallMs: world.nowMs,
    taken: null,
    effects: 0,
    excuses: [],
    isVoid: false,
  };
}

/** What is put aside as unknown says so: the owner looks into the sent mails before saying yes again. */
function mayApproveFrom(world: ExecWorld, n: number, folder: string): boolean {
  const isOut = (world.task(n)?.effects ?? 0) > 0 || world.outside.inFlight.length > 0;
  return !(folder === "Needs_Attention" && isOut);
}

function sayYes(world: ExecWorld, n: number): void {
  const text = world.text(`${VAULT}/Approved/${sample.file(n)}`) ?? "";
  // Of two copies the owner may have taken the one with other words.
  const words = WORDS.exec(text)?.[0] ?? "";
  const change = { hand: "approved", isVoid: false, approvedWords: words, words } as const;
  if (world.task(n)?.approvedWords === words) world.know(n, change);
  else touch(world, n, change);
}

const WORDS = /Offer \d+ is on its way\.(?: Edited at \d+\.)?/;

function touch(world: ExecWorld, n: number, change: Partial<TaskTruth>): void {
  world.know(n, { ...change, touchedAtMs: world.elapsedMs, touchedAtWallMs: world.nowMs });
}

async function moveByHand(world: ExecWorld, from: string, to: string): Promise<boolean> {
  try {
    await world.files.move(from, to);
    return true;
  } catch (error) {
    if (NightdeskError.is(error)) return false;
    throw error;
  }
}

/** The owner's last word in other words. False when the note is not there. */
async function rewrite(world: ExecWorld, n: number, path: string): Promise<boolean> {
  const task = world.task(n);
  const text = await world.files.read(path);
  if (!task || text === null || !text.includes(task.words)) return false;
  const words = `${task.words.replace(/ Edited.*$/, "")} Edited at ${world.elapsedMs}.`;
  if (task.taken !== null) world.excuse(n, "edited while under way");
  // A save in Approved/ is a yes to what was saved.
  touch(world, n, task.hand === "approved" ? { words, approvedWords: words } : { words });
  await world.files.write(path, text.replace(task.words, words));
  const copies = await Promise.all(
    [`${UNDER_WAY}/${sample.file(n)}`, `Approved/${sample.file(n)}`].map((one) => world.files.stat(one)),
  );
  // The program took it while it was saved: the editor has made a second file.
  if (copies.every((stat) => stat !== null)) world.excuse(n, "two copies");
  return true;
}

function otherText(content: string): string {
  const raw = Buffer.from(content, "base64url").toString("utf8");
  const [head = ""] = raw.split("\r\n\r\n");
  const body = Buffer.from("Quite another text.").toString("base64");
  return Buffer.from(`${head}\r\n\r\n${body}\r\n`).toString("base64url");
}
