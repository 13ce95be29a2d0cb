import { CLAIM_LIB_ERRORS, defineErrors } from "@nightdesk/claim-lib";

/** Every error think throws. CONFIG_INVALID is the protocol's, listed once, in claim-lib. */
export const THINK_ERRORS = {
  CONFIG_INVALID: CLAIM_LIB_ERRORS.CONFIG_INVALID,
  THINK_SKILL_UNKNOWN: { retry: "never", when: "there is no skill of this name" },
  THINK_SKILL_MALFORMED: { retry: "never", when: "a SKILL.md cannot be read as an Agent Skill" },
  THINK_INPUT_INVALID: { retry: "never", when: "the rules were given an input of another shape" },
  THINK_UNREACHABLE: { retry: "safe", when: "the model's server could not be reached or broke off" },
  THINK_TIMEOUT: { retry: "safe", when: "the model did not answer in time" },
  THINK_BUSY: { retry: "safe", when: "the model's server is overloaded or limits our rate (429, 5xx)" },
  THINK_QUOTA: { retry: "never", when: "the account at the model's provider has no credit left" },
  THINK_KEY_REFUSED: { retry: "never", when: "the provider does not accept the key (401, 403)" },
  THINK_REQUEST_REFUSED: {
    retry: "never",
    when: "the provider refuses the request itself (unknown model, too long)",
  },
  THINK_REFUSED: { retry: "never", when: "the model declined to answer" },
  THINK_BAD_ANSWER: {
    retry: "never",
    when: "the answer does not fit the schema, also after one repair round",
  },
  THINK_ANSWER_TOO_LONG: { retry: "never", when: "the answer is over the size limit; reading was cut off" },
  THINK_STOPPED: { retry: "safe", when: "the caller gave up (shutdown)" },
} as const;

export const fail = defineErrors(THINK_ERRORS);
