import { defineErrors } from "@nightdesk/claim-lib";

/** Every error the testkit throws. The first five are what a VaultFiles must throw, whoever implements it. */
export const TESTKIT_ERRORS = {
  CLAIM_LOST: { retry: "never", when: "the file to move is gone: somebody else moved it first" },
  CLAIM_TARGET_EXISTS: { retry: "never", when: "the place a file should move to is taken" },
  PATH_OUTSIDE_VAULT: { retry: "never", when: "a path is not a plain relative path inside the vault" },
  FILE_NOT_REGULAR: { retry: "never", when: "a path names a folder where a file is needed" },
  CONFIG_INVALID: { retry: "never", when: "a setting of the emulator is missing or malformed" },
  WAIT_TIMED_OUT: { retry: "never", when: "a condition did not come true before its deadline" },
  GIT_FAILED: { retry: "never", when: "git ended with an error; `data.stderr` holds its words" },
  LEAK_FOUND: { retry: "never", when: "a test left processes, temporary folders or open handles behind" },
  SSH_SERVER_FAILED: { retry: "never", when: "the ssh server of a test did not start" },
  MAIL_SERVER_FAILED: { retry: "never", when: "Dovecot or Postfix did not start, or did not take a mail" },
  NO_FREE_PORT: { retry: "never", when: "this machine has no TCP port left to listen on" },
  EMULATOR_FAILED: { retry: "never", when: "the mail emulator answered something that was not expected" },
  MAIL_MALFORMED: { retry: "never", when: "a raw message is not a mail that can be counted for certain" },
  CONTROL_FAILED: {
    retry: "never",
    when: "the emulator's control interface refused or could not be reached",
  },
} as const;

export const fail = defineErrors(TESTKIT_ERRORS);
