import type { Clock, Random } from "@nightdesk/claim-lib";
import { lacksKey, type ThinkConfig } from "./config.ts";
import { createOpenaiThinker } from "./create-openai-thinker.ts";
import { createRulesThinker } from "./create-rules-thinker.ts";
import { fail } from "./errors.ts";
import type { SkillLoader } from "./skills.ts";
import type { Thinker } from "./thinker.ts";

/** Builds the thinker the settings ask for: a model when a key is there, else the rules. */
export function chooseThinker(
  config: ThinkConfig,
  ports: { clock: Clock; random: Random; fetch: typeof fetch; loadSkill: SkillLoader },
): { thinker: Thinker; name: string } {
  const provider = config.THINK_PROVIDER ?? (config.OPENAI_API_KEY === undefined ? "rules" : "openai");
  if (provider === "rules") return { thinker: createRulesThinker(), name: "rules" };
  if (lacksKey(config)) {
    throw fail(
      "CONFIG_INVALID",
      "Nothing was started, because of the settings:\n  OPENAI_API_KEY is missing, for example OPENAI_API_KEY=sk-... (or THINK_PROVIDER=rules, which needs none)",
      { data: { variables: ["OPENAI_API_KEY"] } },
    );
  }
  const thinker = createOpenaiThinker({
    ...ports,
    baseUrl: config.OPENAI_BASE_URL.replace(/\/+$/, ""),
    apiKey: config.OPENAI_API_KEY ?? null,
    model: config.OPENAI_MODEL,
    eurPerMillion: {
      input: config.OPENAI_EUR_PER_MILLION_INPUT,
      output: config.OPENAI_EUR_PER_MILLION_OUTPUT,
    },
  });
  return { thinker, name: config.OPENAI_MODEL };
}
