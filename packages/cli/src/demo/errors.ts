import { defineErrors } from "@nightdesk/claim-lib";

/** Every error the demo throws. */
export const DEMO_ERRORS = {
  DEMO_USAGE: { retry: "never", when: "an option of the demo is unknown or malformed" },
  DEMO_FOLDER_NOT_EMPTY: { retry: "never", when: "the folder given with --keep already holds something" },
  DEMO_COMMAND_FAILED: {
    retry: "safe",
    when: "a program the demo needs (git, pm2, vault-sync) ended with an error",
  },
  DEMO_TIMED_OUT: { retry: "safe", when: "something the demo waited for did not happen in time" },
  DEMO_STOPPED: { retry: "safe", when: "the demo was ended from outside (Ctrl-C)" },
  DEMO_NOTE_MALFORMED: { retry: "never", when: "a note that should be approved could not be read" },
} as const;

export const fail = defineErrors(DEMO_ERRORS);
