import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The `skills/` folder at the top of the project. */
export const PROJECT_SKILLS = join(import.meta.dirname, "../../../skills");

/** Gives the text of `<name>/SKILL.md` in a folder of skills; null when there is none. */
export function readSkillFile(folder: string): (name: string) => Promise<string | null> {
  return async (name) => {
    try {
      return await readFile(join(folder, name, "SKILL.md"), "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    }
  };
}
