import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "@nightdesk/daemon-kit/durable-write";
import { z } from "zod";
import type { LogVersion } from "./gather-versions.ts";
import type { Offence } from "./prove-file.ts";

/**
 * What an earlier look proved, up to a commit. A commit's name stands for everything below it, so that part
 * of the history cannot have changed since and need not be read again: years of records take minutes once.
 */
export interface ProvenUpTo {
  tip: string;
  commits: number;
  last: Map<string, LogVersion>;
  /** Those that were put back: they stay worth telling. */
  offences: Offence[];
}

const FILE = "audit-proof.json";

const versionSchema = z.object({
  oid: z.string().nullable(),
  mode: z.string(),
  commit: z.string(),
  atMs: z.number(),
  author: z.string(),
});
const schema = z.object({
  v: z.literal(1),
  tip: z.string().regex(/^[0-9a-f]{40}$/),
  commits: z.int(),
  last: z.record(z.string(), versionSchema),
  offences: z.array(
    z.object({
      path: z.string(),
      kind: z.enum(["changed", "removed lines", "removed file", "no plain file"]),
      line: z.int(),
      lines: z.int(),
      was: z.string(),
      by: versionSchema.pick({ commit: true, atMs: true, author: true }).nullable(),
      putBackBy: z.string().nullable(),
    }),
  ),
});

/** Null when there is none, or it cannot be read: then everything is proved anew. */
export async function readProvenUpTo(statePath: string): Promise<ProvenUpTo | null> {
  try {
    const found = schema.parse(JSON.parse(await readFile(join(statePath, FILE), "utf8")));
    const { tip, commits, last, offences } = found;
    return { tip, commits, last: new Map(Object.entries(last)), offences };
  } catch {
    return null;
  }
}

export async function writeProvenUpTo(statePath: string, proven: ProvenUpTo): Promise<void> {
  const text = JSON.stringify({ v: 1, ...proven, last: Object.fromEntries(proven.last) });
  await writeDurably(join(statePath, FILE), text);
}
