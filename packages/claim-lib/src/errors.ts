import { defineErrors } from "./nightdesk-error.ts";

/** Every error claim-lib throws. */
export const CLAIM_LIB_ERRORS = {
  NOTE_MALFORMED: {
    retry: "never",
    when: "a note does not parse; `data.reason` is a sentence for the owner",
  },
  NOTE_UNKNOWN_KEY: { retry: "never", when: "the front matter holds a key that is not in the schema" },
  NOTE_REGIONS: { retry: "never", when: "a note has none, or more than one, editable region" },
  NOTE_TOO_LARGE: { retry: "never", when: "a note is over the size limit" },
  NOTE_NOT_INERT: { retry: "never", when: "a text holds something Obsidian would run, load or hide" },
  PAYLOAD_INCOMPLETE: { retry: "never", when: "a note holds nothing that could be executed yet" },
  NAME_MALFORMED: {
    retry: "never",
    when: "a file name is not of the form `<date> <who> - <subject> ~<id>-r<rev>.md`",
  },
  CLAIM_LOST: { retry: "never", when: "somebody else moved the task first" },
  CLAIM_TARGET_EXISTS: { retry: "never", when: "the place a note should move to is taken" },
  RECEIPT_MISSING: { retry: "never", when: "a live tool was called without a receipt" },
  RECEIPT_MALFORMED: { retry: "never", when: "a receipt does not parse" },
  RECEIPT_FORGED: { retry: "never", when: "a receipt's signature does not verify with the enrolled key" },
  RECEIPT_MISMATCH: {
    retry: "never",
    when: "a receipt was given for another tool, mode, account or content",
  },
  RECEIPT_EXPIRED: { retry: "never", when: "a receipt is past its expiry" },
  LEDGER_CORRUPT: { retry: "never", when: "a line in the middle of an append-only file fails its checksum" },
  LOCK_HELD: { retry: "never", when: "another process of this kind already runs on the same state folder" },
  PATH_OUTSIDE_VAULT: { retry: "never", when: "a path would leave the vault" },
  CONFIG_INVALID: {
    retry: "never",
    when: "a setting is missing or malformed; the message names it with an example",
  },
  CONFIG_FORBIDDEN_SECRET: {
    retry: "never",
    when: "the cloud was started with a secret that belongs to the laptop",
  },
} as const;

export const fail = defineErrors(CLAIM_LIB_ERRORS);
