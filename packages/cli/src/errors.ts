import { CLAIM_LIB_ERRORS, defineErrors } from "@nightdesk/claim-lib";

/** Every error of the command line, apart from the demo's own. */
export const CLI_ERRORS = {
  CONFIG_INVALID: CLAIM_LIB_ERRORS.CONFIG_INVALID,
  USAGE: { retry: "never", when: "a command or option is unknown or malformed" },
  ENV_EXISTS: { retry: "never", when: "init would overwrite a settings file" },
  TASK_UNKNOWN: { retry: "never", when: "log was asked about an item no record names" },
  TASK_AMBIGUOUS: { retry: "never", when: "log was asked about a name that several items have" },
  REPAIR_BUSY: { retry: "never", when: "a repair was asked for while this machine's programs run" },
  INIT_FAILED: { retry: "safe", when: "a folder or file could not be made" },
} as const;

export const fail = defineErrors(CLI_ERRORS);
