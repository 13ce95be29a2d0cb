import { defineErrors } from "@nightdesk/claim-lib";

/** Every error the trials throw. */
const TRIALS_ERRORS = {
  USAGE: { retry: "never", when: "a command was given an argument it does not know or cannot use" },
  TRIAL_BROKEN: {
    retry: "never",
    when: "a trial could not be carried out, so it says nothing about the sync",
  },
} as const;

export const fail = defineErrors(TRIALS_ERRORS);
