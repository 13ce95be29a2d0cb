import { NightdeskError } from "@nightdesk/claim-lib";
import type { ThinkRequest } from "@nightdesk/think";
import type { CloudPorts } from "./ports.ts";

/** A task's thoughts, or the rules' in place of a model that failed for good. */
export interface SafeThought<T> {
  value: T;
  costEur: number;
  /** `rules`, or the model's name. */
  provider: string;
  /** Why the rules stood in, as one sentence for the owner; null when they did not. */
  standIn: string | null;
}

/** Times a task is put back because of the model before the rules do it. */
const MODEL_ATTEMPTS = 3;

/**
 * Asks the model. What may pass is thrown, so that the task is tried again later; what will not pass,
 * or has not passed `MODEL_ATTEMPTS` times, is done by the rules and said so: no mail waits for ever
 * because a provider is dead.
 * @param attempt 1 for the first try of this task
 */
export async function thinkOrRules<T>(
  ports: Pick<CloudPorts, "thinker" | "rules" | "log">,
  request: ThinkRequest<T>,
  attempt: number,
): Promise<SafeThought<T>> {
  try {
    return { ...(await ports.thinker.think(request)), standIn: null };
  } catch (error) {
    if (NightdeskError.is(error, "THINK_STOPPED")) throw error;
    const mayPass = !NightdeskError.is(error) || error.retry !== "never";
    if (mayPass && attempt < MODEL_ATTEMPTS) throw error;
    ports.log.warn({ event: "think.stand_in", skill: request.skill, attempt, error });
    const thought = await ports.rules.think(request);
    const code = NightdeskError.is(error) ? error.code : "unknown error";
    const spent = NightdeskError.is(error) ? error.data["costEur"] : undefined;
    return {
      ...thought,
      costEur: typeof spent === "number" ? spent : 0,
      standIn: `The model could not be used (${code}), so the built-in rules did this.`,
    };
  }
}
