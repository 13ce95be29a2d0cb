import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import {
  chooseThinker,
  createSkillLoader,
  PROJECT_SKILLS,
  readSkillFile,
  thinkFields,
  type Thinker,
} from "@nightdesk/think";
import { z } from "zod";
import { fail } from "../errors.ts";
import type { CommandWorld } from "../run-command.ts";

const settings = z.object(thinkFields);

/** The judge asked for by name, with the settings of the environment. Without a name the rules judge: they cost nothing. */
export function chooseProvider(
  name: string | undefined,
  env: CommandWorld["env"],
): { thinker: Thinker; name: string } {
  const parsed = settings.safeParse({ ...env, THINK_PROVIDER: name ?? "rules" });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail(
      "CONFIG_INVALID",
      `${String(issue?.path[0] ?? "A setting")} ${issue?.message ?? "is not right"} (--provider ${name ?? "rules"}); nothing was done.`,
    );
  }
  const loadSkill = createSkillLoader(readSkillFile(PROJECT_SKILLS));
  return chooseThinker(parsed.data, { clock: systemClock, random: systemRandom, fetch, loadSkill });
}
