/** Every limit of sync in one place, with its reason. */

/** A day's log on the busiest day is under 3 MB; a log is one file a day. */
export const MAX_LOG_BYTES = 16 * 1024 * 1024;

/** The owner's own files of the kinds that sync. Notes have their own, smaller limit. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Entries of changed folders looked at per incoming commit, and for all that come in at once. */
export const MAX_ENTRIES_PER_COMMIT = 200_000;
export const MAX_ENTRIES_PER_CHECK = 2_000_000;

/** Half a year of a busy cloud without the laptop. More needs a look by a person. */
export const MAX_INCOMING_COMMITS = 50_000;

/** Notes of the cloud's that may wait for the owner at once: more is a flood, not work. */
export const MAX_PENDING_NOTES = 500;

/** Refusals of one commit that are told one by one; 80,000 of them would be 25 MB of records. */
export const MAX_REFUSALS_PER_COMMIT = 20;

/** How often the other side may be faster before the round is given up for now. */
export const MAX_PUSH_ATTEMPTS = 8;

/** Our own logs and status notes wait so long for a real change to ride with. */
export const QUIET_PUBLISH_MS = 15 * 60_000;

/** A file is taken once it has not changed for this long: Obsidian saves in several steps. */
export const SETTLE_MS = 150;

/** A file that suddenly became empty is more often a save under way than a wish. */
export const EMPTIED_SETTLE_MS = 3_000;

/** A share of the vault, and a number of files, that do not go missing in ordinary work. */
export const SHRUNK_SHARE = 0.2;
export const SHRUNK_FILES = 10;

/** A file that is nowhere any more is believed to be gone after this long: a move is two names for a moment. */
export const GONE_SETTLE_MS = 1_000;

/** What the disk refuses to show is asked for again so often: permissions are changed by hand. */
export const REFUSED_RETRY_MS = 10_000;

/** Changed paths of ours planned at once: more go in the rounds that follow, so that memory has a bound. */
export const MAX_PLANNED_PATHS = 5_000;
