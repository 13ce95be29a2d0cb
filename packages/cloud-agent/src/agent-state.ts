import { mkdirSync } from "node:fs";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { NightdeskError, PUBLISHED_FILE, publishedSchema, type Published } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { writeDurably } from "@nightdesk/daemon-kit/durable-write";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import { z } from "zod";
import type { AgentState } from "./ports.ts";

const cursorSchema = z.object({
  account: z.string(),
  cursor: z.string(),
  at: z.iso.datetime(),
  sweep: z.object({ since: z.iso.datetime().nullable() }).optional(),
});
const revisedSchema = z.object({ file: z.string() });
const seenSchema = z.object({ id: z.string(), at: z.iso.datetime() });

/**
 * The agent's memory in `<STATE_PATH>/cloud-agent/`. A damaged file is put aside, never deleted, and
 * never stops the agent: the vault and the mailbox hold everything needed to go on.
 */
export function openAgentState(statePath: string, log: Logger): AgentState {
  const folder = join(statePath, "cloud-agent");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const cursorFile = join(folder, "cursor.json");
  const seenFile = join(folder, "seen.jsonl");
  const seenLog = openAppendLog(seenFile);
  const revisedFile = join(folder, "revised.jsonl");
  const revisedLog = openAppendLog(revisedFile);
  const putAside = async (file: string, why: unknown) => {
    log.error({ event: "state.damaged", file, error: why });
    await rename(file, `${file}.damaged`);
  };
  return {
    async readCursor() {
      const value = await readJson(cursorFile);
      if (value === undefined) return null;
      const cursor = cursorSchema.safeParse(value);
      if (cursor.success) return cursor.data;
      await putAside(cursorFile, cursor.error);
      return null;
    },
    writeCursor: (cursor) => writeDurably(cursorFile, `${JSON.stringify(cursor)}\n`),
    async readSeen() {
      try {
        const records = (await seenLog.readAll()).map((record) => seenSchema.parse(record));
        return { ids: records.map(({ id }) => id), lastAt: newestOf(records) };
      } catch (error) {
        if (!NightdeskError.is(error, "LEDGER_CORRUPT") && !(error instanceof z.ZodError)) throw error;
        await putAside(seenFile, error);
        return { ids: [], lastAt: null };
      }
    },
    addSeen: (id, at) => seenLog.append({ id, at }),
    async readRevised() {
      try {
        return (await revisedLog.readAll()).map((record) => revisedSchema.parse(record).file);
      } catch (error) {
        if (!NightdeskError.is(error, "LEDGER_CORRUPT") && !(error instanceof z.ZodError)) throw error;
        await putAside(revisedFile, error);
        return [];
      }
    },
    addRevised: (file) => revisedLog.append({ file }),
  };
}

function newestOf(records: readonly { at: string }[]): string | null {
  return records.reduce<string | null>(
    (newest, { at }) => (newest === null || at > newest ? at : newest),
    null,
  );
}

/** What vault-sync last published; null before its first round, and while the file is not readable. */
export async function readPublished(statePath: string): Promise<Published | null> {
  const published = publishedSchema.safeParse(await readJson(join(statePath, PUBLISHED_FILE)));
  return published.success ? published.data : null;
}

/** Undefined when the file is missing, null when it is not JSON. */
async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
