import { describeError, NightdeskError } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";

/** A whole number out of a command's argument. Throws USAGE. */
export function readWhole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw fail("USAGE", `${name} must be a whole number from ${least} on.`);
}

/** Whatever is wrong with a command's arguments, with an example of right ones. */
export function usageError(error: unknown, example: string): NightdeskError {
  const what = NightdeskError.is(error) ? error.message : `${describeError(error)}.`;
  return fail("USAGE", `${what} Nothing was started. Example: ${example}`, { cause: error });
}
