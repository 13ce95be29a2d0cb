import { defineErrors } from "@nightdesk/claim-lib";

/** Every error the trials throw. */
const TRIALS_ERRORS = {
  USAGE: { retry: "never", when: "a command was given an argument it does not know or cannot use" },
  TRIAL_BROKEN: {
    retry: "never",
    when: "a trial could not be carried out, so it says nothing about the sync",
  },
  MAIL_NOT_FOUND: { retry: "never", when: "the stand-in mailbox has no such mail" },
  PROVIDER_BUSY: { retry: "safe", when: "the stand-in provider took nothing and said so" },
  SEND_OUTCOME_UNKNOWN: {
    retry: "ambiguous",
    when: "the stand-in provider broke off while a mail was handed over",
  },
  HANDLE_NOT_BOUND: {
    retry: "never",
    when: "a handle was not prepared at the stand-in server for this receipt",
  },
} as const;

export const fail = defineErrors(TRIALS_ERRORS);
