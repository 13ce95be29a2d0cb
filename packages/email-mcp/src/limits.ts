/** Every limit of the mail channel in one place, with its reason. */

/** Decoded text of one mail. Longer ones are machine output; the rest stays in the mailbox. */
export const MAX_TEXT_CHARS = 200_000;

/** HTML longer than this costs seconds to turn into text; ordinary newsletters are under 300 kB. */
export const MAX_HTML_CHARS = 2_000_000;

/** Decoding one mail. A 25 MB mail takes about one second; only a mail made to keep us busy takes longer. */
export const DECODE_TIMEOUT_MS = 10_000;

/** Memory of the decoder; a mail of Gmail's limit of 25 MB needs about 150 MB at its peak. */
export const DECODE_MEMORY_MB = 256;

/** An idle decoder gives its 20 MB back after this time. */
export const DECODER_IDLE_MS = 30_000;

/** Names of attachments listed for one mail. */
export const MAX_ATTACHMENTS = 100;

/** Addresses read from one header line; beyond that it is a mailing. */
export const MAX_HEADER_ADDRESSES = 200;

/** Oddities of address lines told one by one; nobody reads more, and a mail can hold thousands. */
export const MAX_DETAILS = 10;

/** Nesting of MIME parts. Real mail stays under 6; each level costs one more pass over the bytes. */
export const MAX_MIME_DEPTH = 12;

/** MIME parts looked at in one mail. */
export const MAX_MIME_PARTS = 300;

/** Links described of one mail; a newsletter has 40, and what is beyond says nothing new. */
export const MAX_LINKS = 60;

/** HTML looked through for links and hidden text. One pass takes 10 ms per million characters. */
export const MAX_SCANNED_HTML_CHARS = 1_000_000;

/** Header names told of one mail; mail that crossed ten servers has under 100. */
export const MAX_HEADER_NAMES = 150;

/** The top header block. Gmail itself takes 500 kB. */
export const MAX_HEADER_BYTES = 512 * 1024;

/** Message ids kept of a References line: a thread of 100 answers is long, one of 10,000 an attack. */
export const MAX_REFERENCES = 200;

/** Subject of a reply, as the note's schema takes it. */
export const MAX_SUBJECT_CHARS = 500;

/** One request to Gmail. Its own front end gives up after 60 s. */
export const REQUEST_TIMEOUT_MS = 20_000;

/** What is read of one answer: a mail of 35 MB as base64 within JSON. A redirect is never followed. */
export const MAX_ANSWER_BYTES = 50 * 1024 * 1024;

/** Reads: at most this many requests, with pauses in between; in all under the 60 s an MCP client waits. */
export const READ_ATTEMPTS = 4;
export const BACKOFF_BASE_MS = 400;
export const BACKOFF_MAX_MS = 5_000;

/** A longer Retry-After is handed to the caller instead of being waited for. */
export const MAX_RETRY_AFTER_MS = 10_000;

/** Results of one search page. */
export const MAX_PAGE = 500;
export const DEFAULT_PAGE = 100;
