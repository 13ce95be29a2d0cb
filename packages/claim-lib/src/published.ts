import { z } from "zod";

/** File name in the state folder. */
export const PUBLISHED_FILE = "published.json";
export const SYNC_STATUS_FILE = "sync-status.json";

/** What the published tip holds in In_Progress/ and Pending_Approval/; written by vault-sync, read by agents. */
export const publishedSchema = z.object({
  tip: z.string().nullable(),
  at: z.iso.datetime(),
  paths: z.array(z.string()),
});
export type Published = z.infer<typeof publishedSchema>;

export const refusedSchema = z.object({
  at: z.iso.datetime(),
  path: z.string(),
  /** A sentence for the owner. */
  reason: z.string(),
  commit: z.string(),
});
export type RefusedChange = z.infer<typeof refusedSchema>;

/** vault-sync's own report, read by the dashboard. */
export const syncStatusSchema = z.object({
  replica: z.enum(["cloud", "local"]),
  state: z.enum(["ok", "offline", "stopped"]),
  message: z.string(),
  /** The error that stopped it; missing while all is well. */
  code: z.string().nullish(),
  lastSyncAt: z.iso.datetime().nullable(),
  tip: z.string().nullable(),
  peerLastCommitAt: z.iso.datetime().nullable(),
  pendingChanges: z.int(),
  refused: z.array(refusedSchema),
  /** Does the remote say its changes, or is it asked now and then? Missing in a report of an older version. */
  remoteNews: z.enum(["announced", "polled"]).optional(),
});
export type SyncStatus = z.infer<typeof syncStatusSchema>;
