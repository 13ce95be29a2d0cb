import { join } from "node:path";
import { publishedSchema, PUBLISHED_FILE, type Published } from "@nightdesk/claim-lib";
import { readFile } from "node:fs/promises";

/** Steps of a worker after which it can be killed; `NIGHTDESK_FAILPOINT` names one. */
export const WORKER_STEPS = {
  cloud: ["worker:claimed", "worker:drafted", "worker:proposed"],
  local: ["worker:claimed", "worker:taken", "worker:effect", "worker:done"],
} as const;

/** Where a worker writes down what it did, outside the vault; the trial counts doubles from it. */
export const WORK_LOG = "work.jsonl";

export interface WorkRecord {
  /** `effect-again`: an approval came back after its effect; only the journal kept it from a second one. */
  what: "handled" | "effect" | "effect-again";
  key: string;
}

/** What vault-sync told this machine's agents last; null before the first time. */
export async function readPublished(statePath: string): Promise<Published | null> {
  const text = await readFile(join(statePath, PUBLISHED_FILE), "utf8").catch(() => null);
  return text === null ? null : publishedSchema.parse(JSON.parse(text));
}
