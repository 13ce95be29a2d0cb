export { THINK_ERRORS } from "./errors.ts";
export type { Thinker, ThinkRequest, Thought } from "./thinker.ts";
export {
  CATEGORIES,
  draftInputSchema,
  draftSchema,
  mailInputSchema,
  triageInputSchema,
  triageSchema,
  type Draft,
  type DraftInput,
  type MailInput,
  type Triage,
  type TriageInput,
} from "./schemas.ts";
export { createSkillLoader, parseSkill, type Skill, type SkillLoader } from "./skills.ts";
export { PROJECT_SKILLS, readSkillFile } from "./read-skill-file.ts";
export { lacksKey, thinkFields, THINK_EXAMPLES, type ThinkConfig } from "./config.ts";
export { createRulesThinker } from "./create-rules-thinker.ts";
export { createOpenaiThinker, type OpenaiOptions } from "./create-openai-thinker.ts";
export { chooseThinker } from "./choose-thinker.ts";
