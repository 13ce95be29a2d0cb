import { CLAIM_LIB_ERRORS, defineErrors } from "@nightdesk/claim-lib";

/** Every error cloud-agent throws itself; those of the disk, the mailbox and the model come with their own codes. */
export const CLOUD_AGENT_ERRORS = {
  NOTE_NOT_REPRODUCIBLE: {
    retry: "never",
    when: "a note of our own making would not read back as it was written, or is not inert",
  },
  NOT_A_MAIL_TASK: {
    retry: "never",
    when: "a note in the mail folder is of another kind, or was written by hand",
  },
  CONFIG_INVALID: CLAIM_LIB_ERRORS.CONFIG_INVALID,
} as const;

export const fail = defineErrors(CLOUD_AGENT_ERRORS);
