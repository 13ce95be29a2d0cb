import { FOLDERS } from "@nightdesk/claim-lib";
import {
  nothingSent,
  ownWords,
  secondThought,
  takeBack,
  toBeSent,
  approve,
  type Decided,
  type Desk,
  type Item,
} from "./flows.ts";
import { readWanted } from "./hand.ts";
import type { Decision, DecisionName } from "./script.ts";

export interface Dragged {
  item: Item;
  decision: Decision;
}

/** Many notes in one movement: what was edited is saved before, then all are renamed one right after the other. */
export async function dragFolder(desk: Desk, dragged: readonly Dragged[]): Promise<Map<Item, Decided>> {
  const { hand } = desk;
  const isEdited = ({ decision }: Dragged) => decision.name.startsWith("edited");
  for (const one of dragged.filter(isEdited))
    await hand.saveReply(one.item.first.path, one.item.first, ownWords(one.item), "renamed");
  const fromMs = Date.now();
  const paths = new Map<Item, string>();
  for (const { item } of dragged) paths.set(item, await hand.move(item.first.path, FOLDERS.approved));
  const row = `dragged with ${dragged.length - 1} others`;
  const ends = await Promise.all(
    dragged.map(async (one): Promise<[Item, Decided]> => {
      const path = paths.get(one.item) ?? "";
      const wanted = readWanted(one.item.first);
      const text = isEdited(one) ? ownWords(one.item) : wanted.text;
      const changed = await changeMind(desk, one, path);
      return [one.item, changed ?? toBeSent(desk, row, { ...wanted, text }, fromMs)];
    }),
  );
  return new Map(ends);
}

/** What an owner does with one of them right after; null: nothing. */
async function changeMind(desk: Desk, { item, decision }: Dragged, path: string): Promise<Decided | null> {
  const name = decision.name as DecisionName;
  if (!AFTERWARDS.has(name)) return null;
  await secondThought(desk);
  if (name === "dragged, then deleted") {
    await desk.hand.remove(path);
    return nothingSent();
  }
  if (name === "dragged, then edited") {
    const fromMs = Date.now();
    await desk.hand.saveReply(path, item.first, ownWords(item), "emptied");
    const wanted = { ...readWanted(item.first), text: ownWords(item) };
    return toBeSent(desk, "dragged, then edited (from the save)", wanted, fromMs);
  }
  const { shown, effect } = await takeBack(desk, item, path);
  if (name === "dragged, then taken back") return nothingSent(1, [effect]);
  const { atMs } = await approve(desk, shown);
  const row = "dragged, taken back, approved after all";
  return toBeSent(desk, row, readWanted(shown), atMs, { effects: [effect] });
}

const AFTERWARDS = new Set<DecisionName>([
  "dragged, then deleted",
  "dragged, then edited",
  "dragged, then taken back",
  "dragged, taken back, then approved after all",
]);
