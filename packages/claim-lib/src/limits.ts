/** Every size limit of the protocol in one place, with its reason. */

/** A file name's bytes: ext4 and APFS allow 255, but Android's encrypted storage only 143. */
export const MAX_FILE_NAME_BYTES = 120;

/** A whole note. The longest mail kept in a note is cut well before this. */
export const MAX_NOTE_BYTES = 256 * 1024;

/** The front matter. Ours is under 2 KiB; a YAML bomb of 289 bytes can unfold to 200 MB, so depth is limited as well. */
export const MAX_FRONT_MATTER_BYTES = 16 * 1024;

/** The text of a reply. Gmail takes 25 MB; nobody reads more than this before approving. */
export const MAX_REPLY_BYTES = 64 * 1024;

/** What of the original mail is copied into the note; the rest stays in the mailbox. */
export const MAX_ORIGINAL_CHARS = 20_000;

/** Recipients of one reply. More is a mailing, which is not what an assistant does. */
export const MAX_RECIPIENTS = 20;
