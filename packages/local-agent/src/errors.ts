import { CLAIM_LIB_ERRORS, defineErrors } from "@nightdesk/claim-lib";

/** Every error local-agent throws. The first one is the protocol's, listed once, in claim-lib. */
export const LOCAL_AGENT_ERRORS = {
  CONFIG_INVALID: CLAIM_LIB_ERRORS.CONFIG_INVALID,
  ALREADY_EXECUTED: { retry: "never", when: "a second effect was asked for a task that already has one" },
  JOURNAL_CONTRADICTION: {
    retry: "never",
    when: "lines of the journal contradict each other; nothing is carried out until it is looked at",
  },
  CHANNEL_MISSING: {
    retry: "safe",
    when: "something begun in a channel cannot go on, because the channel is switched off",
  },
  RECEIPT_KEY_UNUSABLE: {
    retry: "never",
    when: "the key that signs approvals cannot be read or is not a key",
  },
} as const;

export const fail = defineErrors(LOCAL_AGENT_ERRORS);
