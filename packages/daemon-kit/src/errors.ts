import { CLAIM_LIB_ERRORS, defineErrors } from "@nightdesk/claim-lib";

/** Every error daemon-kit throws. The first group is the protocol's, listed once, in claim-lib. */
export const DAEMON_KIT_ERRORS = {
  CLAIM_LOST: CLAIM_LIB_ERRORS.CLAIM_LOST,
  CLAIM_TARGET_EXISTS: CLAIM_LIB_ERRORS.CLAIM_TARGET_EXISTS,
  CONFIG_FORBIDDEN_SECRET: CLAIM_LIB_ERRORS.CONFIG_FORBIDDEN_SECRET,
  CONFIG_INVALID: CLAIM_LIB_ERRORS.CONFIG_INVALID,
  LEDGER_CORRUPT: CLAIM_LIB_ERRORS.LEDGER_CORRUPT,
  LOCK_HELD: CLAIM_LIB_ERRORS.LOCK_HELD,
  NOTE_TOO_LARGE: CLAIM_LIB_ERRORS.NOTE_TOO_LARGE,
  PATH_OUTSIDE_VAULT: CLAIM_LIB_ERRORS.PATH_OUTSIDE_VAULT,
  FILE_FAILED: { retry: "safe", when: "the disk refused a read, write or move (full, no permission, busy)" },
  FILE_NOT_REGULAR: { retry: "never", when: "a link, folder or device stands where a file should be" },
  RECORD_TOO_LARGE: { retry: "never", when: "a record is too long for one atomic append" },
  APPEND_FAILED: {
    retry: "safe",
    when: "a record could not be appended durably; it may or may not be in the file",
  },
  MCP_SOCKET_TAKEN: { retry: "never", when: "another program already answers on the MCP socket" },
  MCP_UNREACHABLE: { retry: "safe", when: "no MCP server could be reached; the call was not sent" },
  MCP_READ_FAILED: { retry: "safe", when: "a call without effect got no usable answer" },
  MCP_OUTCOME_UNKNOWN: {
    retry: "ambiguous",
    when: "a call with an effect was sent and no usable answer came back",
  },
  MCP_ANSWER_MALFORMED: {
    retry: "never",
    when: "the answer of a call without effect is not of the agreed form",
  },
  MCP_REFUSED: {
    retry: "never",
    when: "the MCP server refused the call before running it (unknown tool, wrong input)",
  },
  CHANNEL_UNKNOWN: { retry: "never", when: "CHANNELS names a channel that does not exist" },
  INTERNAL: { retry: "ambiguous", when: "a tool failed in a way nobody foresaw" },
} as const;

export const fail = defineErrors(DAEMON_KIT_ERRORS);
