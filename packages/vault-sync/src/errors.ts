import { defineErrors } from "@nightdesk/claim-lib";

/** Every error vault-sync throws. */
export const VAULT_SYNC_ERRORS = {
  GIT_MISSING: { retry: "never", when: "no git program was found" },
  GIT_TOO_OLD: { retry: "never", when: "git is older than the version this was tested with" },
  GIT_FAILED: { retry: "safe", when: "git ended with an error nobody foresaw; nothing was changed" },
  REMOTE_MALFORMED: { retry: "never", when: "GIT_REMOTE or GIT_BRANCH is not one that can be used safely" },
  REMOTE_UNKNOWN: { retry: "safe", when: "there is no git repository at GIT_REMOTE" },
  REMOTE_UNREACHABLE: { retry: "safe", when: "the remote could not be reached, or did not answer in time" },
  REMOTE_LOST: { retry: "safe", when: "the connection to the remote broke off" },
  REMOTE_DENIED: { retry: "safe", when: "the remote refused this machine's key or permission" },
  REMOTE_REJECTED: { retry: "safe", when: "the remote's own rules (a hook) refused the push" },
  REMOTE_TOO_LARGE: { retry: "never", when: "the remote sent more than the limit of bytes" },
  PUSH_OUTCOME_UNKNOWN: {
    retry: "ambiguous",
    when: "the connection ended during a push; the next fetch shows whether it was taken",
  },
  OBJECT_MISSING: { retry: "safe", when: "an object is not in the git directory" },
  OBJECT_MALFORMED: { retry: "never", when: "a git object does not parse" },
  OBJECT_TOO_LARGE: { retry: "never", when: "a git object is over the limit; it was not read" },
  OBJECT_STORE_FAILED: { retry: "safe", when: "the git directory could not be read or written" },
  KEY_MISSING: { retry: "never", when: "this machine's signing key is not in the state folder" },
  KEY_MALFORMED: { retry: "never", when: "a signing key is not an ed25519 key in the expected form" },
  STATE_CORRUPT: { retry: "never", when: "a file of sync's own state does not parse" },
  REMOTE_DIVERGED: { retry: "never", when: "the remote's history does not contain what was synced before" },
  REMOTE_HISTORY_TOO_LONG: {
    retry: "never",
    when: "more commits came in at once than are checked in one go",
  },
  OWN_COMMIT_UNKNOWN: {
    retry: "never",
    when: "a commit signed by this machine came back that it has no record of: its state was rolled back",
  },
  JOIN_REFUSED: {
    retry: "never",
    when: "a laptop without a sync record met a remote that holds what only a laptop may write",
  },
  VAULT_MISSING: { retry: "never", when: "the vault folder is not there" },
  VAULT_SHRUNK: { retry: "never", when: "more than a fifth of the vault is missing; nothing was published" },
  VAULT_TAKEN: {
    retry: "never",
    when: "another vault-sync with another state folder works on the same vault",
  },
  VAULT_IS_REPOSITORY: { retry: "never", when: "the vault folder is itself a git repository" },
  PUSH_LOST: {
    retry: "safe",
    when: "the other side was faster several times in a row; the next round tries again",
  },
  USAGE: { retry: "never", when: "the program was started with an argument it does not know" },
  INTERNAL: { retry: "safe", when: "something nobody foresaw; the next round starts from durable state" },
  DISK_FAILED: { retry: "safe", when: "the disk refused to read or write a file of the vault" },
  PATH_UNSAFE: { retry: "never", when: "a path would lead out of the vault, or a link stands in its way" },
} as const;

export const fail = defineErrors(VAULT_SYNC_ERRORS);
