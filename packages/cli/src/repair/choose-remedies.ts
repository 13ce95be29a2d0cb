import type { Role } from "@nightdesk/claim-lib";
import type { Trouble, TroubleKind } from "@nightdesk/vault-sync";

/** One thing a repair does, in the order of this list. */
export type Remedy = "park" | "locks" | "objects" | "record" | "reseed" | "anew";

/** What each remedy does, for the owner. */
export const REMEDY_SENTENCES: Readonly<Record<Remedy, string>> = {
  park: "Move what lies in Approved/, Scheduled/ and In_Progress/local/ to Needs_Attention/: nothing of it is sent before you look into your sent mail and approve it again.",
  locks: "Put the lock out of the way.",
  objects:
    "Fetch the git directory anew from the remote. If the record of what was synced last does not hold any more, write it anew too.",
  record:
    "Write the record of the last sync anew, out of what this laptop itself signed at the remote. Nothing on either side counts as deleted: what only one side has is kept.",
  reseed:
    "Publish this laptop's vault, as it lies there, into the empty repository as the beginning of a new history.",
  anew: "Put this machine's vault and sync record aside, fetch the vault anew from the remote, and bring back work that had not gone out yet.",
};

/** The remedies for these troubles; none for what only the owner can put right. */
export function chooseRemedies(role: Role, troubles: readonly Trouble[], reseed: boolean): Remedy[] {
  const has = (kind: TroubleKind) => troubles.some((trouble) => trouble.kind === kind);
  const remedies: Remedy[] = has("locks") ? ["locks"] : [];
  const isBroken = has("objects") || has("record") || has("history");
  if (role === "cloud") return isBroken ? [...remedies, "anew"] : remedies;
  if (reseed) return ["park", ...remedies, "reseed"];
  if (isBroken && !has("history")) {
    remedies.unshift("park");
    remedies.push(has("objects") ? "objects" : "record");
  }
  return remedies;
}
