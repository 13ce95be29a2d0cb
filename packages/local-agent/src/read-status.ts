import {
  CLOUD_STATUS,
  splitNote,
  SYNC_STATUS_FILE,
  syncStatusSchema,
  type SyncStatus,
} from "@nightdesk/claim-lib";
import { z } from "zod";
import type { Ports } from "./ports.ts";

const cloudSchema = z.object({
  at: z.iso.datetime(),
  state: z.string().max(40),
  last_error: z.string().max(700).nullish(),
});
export type CloudStatus = z.infer<typeof cloudSchema>;

/** What vault-sync says of itself; null when it has not said anything readable yet. */
export async function readSyncStatus(
  readState: (file: string) => Promise<string | null>,
): Promise<SyncStatus | null> {
  const parsed = syncStatusSchema.safeParse(parseJson(await readState(SYNC_STATUS_FILE)));
  return parsed.success ? parsed.data : null;
}

/** What the cloud says of itself; null when there is nothing readable. */
export async function readCloudStatus(ports: Pick<Ports, "files">): Promise<CloudStatus | null> {
  const text = await ports.files.read(CLOUD_STATUS);
  if (text === null) return null;
  try {
    const parsed = cloudSchema.safeParse(splitNote(text).data);
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
