import { z } from "zod";

/**
 * One line of the presented ledger (`presented.jsonl` in the laptop's state folder): what was put before
 * the owner. Written before the note itself; a note that was never presented is never carried out.
 */
export const presentedSchema = z.strictObject({
  type: z.literal("presented"),
  id: z.string(),
  rev: z.int(),
  /** SHA-256 of the note's bytes as presented. */
  sha256: z.string(),
  path: z.string(),
  at: z.iso.datetime(),
  /** `cloud`: came in by sync; `local`: written or rewritten on the laptop. */
  from: z.enum(["cloud", "local"]),
  /** The action's targets (recipients, amount, account) as presented, by front-matter key. */
  targets: z.record(z.string(), z.unknown()),
});
export type PresentedRecord = z.infer<typeof presentedSchema>;
