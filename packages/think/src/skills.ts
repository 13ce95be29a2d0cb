import { splitNote, describeError } from "@nightdesk/claim-lib";
import { z } from "zod";
import { fail } from "./errors.ts";

/** An Agent Skill: a folder with a SKILL.md the owner can read and change. */
export interface Skill {
  name: string;
  description: string;
  /** The body of SKILL.md. */
  instructions: string;
}

/** Finds a skill by name; throws THINK_SKILL_UNKNOWN or THINK_SKILL_MALFORMED. */
export type SkillLoader = (name: string) => Promise<Skill>;

/** Limits of the open Agent Skills format: https://agentskills.io/specification */
const frontMatterSchema = z.object({
  name: z
    .string()
    .max(64)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be small letters, digits and single hyphens"),
  description: z.string().min(1).max(1024),
});

/** Reads the text of a SKILL.md that lies in the folder `folder`. */
export function parseSkill(text: string, folder: string): Skill {
  const wrong = (why: string, cause?: unknown) =>
    fail(
      "THINK_SKILL_MALFORMED",
      `The skill ${folder}/SKILL.md cannot be used: ${why}. Correct the file; nothing was drafted with it.`,
      { data: { skill: folder }, cause },
    );
  let split;
  try {
    split = splitNote(text);
  } catch (error) {
    throw wrong(describeError(error), error);
  }
  const front = frontMatterSchema.safeParse(split.data);
  if (!front.success) {
    const issue = front.error.issues[0];
    throw wrong(`its "${String(issue?.path[0] ?? "front matter")}" is missing or wrong`, front.error);
  }
  if (front.data.name !== folder) throw wrong(`its name "${front.data.name}" is not its folder's name`);
  const instructions = split.body.trim();
  if (instructions === "") throw wrong("it holds no instructions");
  return { ...front.data, instructions };
}

/**
 * Skills read anew for each use, so that a change of the owner's counts at once.
 * @param readText gives the text of `<name>/SKILL.md`, or null when there is none
 */
export function createSkillLoader(readText: (name: string) => Promise<string | null>): SkillLoader {
  return async (name) => {
    const text = frontMatterSchema.shape.name.safeParse(name).success ? await readText(name) : null;
    if (text === null) {
      throw fail(
        "THINK_SKILL_UNKNOWN",
        `There is no skill "${name}" (skills/${name}/SKILL.md); nothing was done.`,
        {
          data: { skill: name },
        },
      );
    }
    return parseSkill(text, name);
  };
}
