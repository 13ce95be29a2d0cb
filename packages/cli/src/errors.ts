import { CLAIM_LIB_ERRORS, defineErrors } from "@nightdesk/claim-lib";

/** Every error of the command line, apart from the demo's own. */
export const CLI_ERRORS = {
  CONFIG_INVALID: CLAIM_LIB_ERRORS.CONFIG_INVALID,
  USAGE: { retry: "never", when: "a command or option is unknown or malformed" },
  ENV_EXISTS: { retry: "never", when: "init would overwrite a settings file" },
  TASK_UNKNOWN: { retry: "never", when: "log was asked about an item no record names" },
  TASK_AMBIGUOUS: { retry: "never", when: "log was asked about a name that several items have" },
  REPAIR_BUSY: { retry: "never", when: "a repair was asked for while this machine's programs run" },
  EVAL_FILE: { retry: "never", when: "a file of mails or judgements cannot be read or written" },
  EVAL_LINE: {
    retry: "never",
    when: "a line of such a file is not what it should be, or its id is there twice",
  },
  EVAL_IDS: { retry: "never", when: "a label has no judgement to compare it with" },
  EVAL_FAILED: { retry: "never", when: "a mail could not be judged by the chosen provider" },
  INIT_FAILED: { retry: "safe", when: "a folder or file could not be made" },
} as const;

export const fail = defineErrors(CLI_ERRORS);
