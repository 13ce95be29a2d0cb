import { replay } from "@nightdesk/trials/replay";
import { fail } from "./errors.ts";
import type { CommandWorld } from "./run-command.ts";

/**
 * `nightdesk replay SEED`: plays one run of the simulator again and prints what happened, step by step.
 * Returns 0 when every promise was kept, 1 when one was broken. Throws USAGE.
 */
export async function runReplay(argv: readonly string[], world: CommandWorld): Promise<number> {
  const [seed, ...rest] = argv;
  if (seed === undefined || rest.length > 0) {
    throw fail(
      "USAGE",
      "replay takes one seed, as the simulator printed it (random:17); nothing was done. Seeds come from: npm run sim",
    );
  }
  const violations = await replay(seed, world.print);
  return violations.length === 0 ? 0 : 1;
}
