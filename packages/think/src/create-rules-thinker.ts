import { draftReply } from "./rules/draft-reply.ts";
import { triageEmail } from "./rules/triage-email.ts";
import { fail } from "./errors.ts";
import { draftInputSchema, triageInputSchema } from "./schemas.ts";
import type { Thinker, ThinkRequest, Thought } from "./thinker.ts";

/** One deterministic function per skill name. */
type Rule = (input: unknown, ownerWords: readonly string[]) => unknown;
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["triage-email", (input) => triageEmail(triageInputSchema.parse(input))],
  ["draft-reply", (input, ownerWords) => draftReply(draftInputSchema.parse(input), ownerWords)],
]);

/**
 * The default that needs no key: fixed rules and a template. The same mail always gives the same
 * answer, and a draft says nothing but that the mail has arrived.
 */
export function createRulesThinker(): Thinker {
  return {
    async think<T>(request: ThinkRequest<T>): Promise<Thought<T>> {
      const rule = RULES.get(request.skill);
      if (!rule) {
        throw fail(
          "THINK_SKILL_UNKNOWN",
          `The built-in rules have nothing for the skill "${request.skill}"; it needs a model.`,
          { data: { skill: request.skill } },
        );
      }
      let value: unknown;
      try {
        value = rule(request.input, request.ownerWords ?? []);
      } catch (error) {
        throw fail("THINK_INPUT_INVALID", `The rules for "${request.skill}" got an input they cannot read.`, {
          cause: error,
        });
      }
      return { value: request.schema.parse(value), costEur: 0, provider: "rules" };
    },
  };
}
