import { join } from "node:path";
import { NightdeskError, presentedSchema, type PresentedRecord } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { z } from "zod";

/** A line of the journal or of the decisions; their own packages check them strictly, here they are only told. */
const recordSchema = z.looseObject({
  type: z.string(),
  id: z.string(),
  rev: z.int().optional(),
  at: z.iso.datetime(),
});
export type StateRecord = z.infer<typeof recordSchema>;

export interface LaptopRecords {
  presented: PresentedRecord[];
  decisions: StateRecord[];
  journal: StateRecord[];
  /** Records that could not be read, one sentence each. */
  unreadable: string[];
}

/** What the laptop's records outside the vault hold of one item. On the cloud there are none. */
export async function readLaptopRecords(statePath: string, id: string): Promise<LaptopRecords> {
  const unreadable: string[] = [];
  const read = async (file: string) => {
    try {
      const lines = await openAppendLog(join(statePath, file)).readAll();
      return lines.filter((line) => line["id"] === id);
    } catch (error) {
      if (!NightdeskError.is(error)) throw error;
      unreadable.push(error.message);
      return [];
    }
  };
  const parse = (lines: readonly unknown[]) =>
    lines.flatMap((line) => recordSchema.safeParse(line).data ?? []);
  return {
    presented: (await read("presented.jsonl")).flatMap((line) => presentedSchema.safeParse(line).data ?? []),
    decisions: parse(await read("decisions.jsonl")),
    journal: parse(await read("journal.jsonl")),
    unreadable,
  };
}
