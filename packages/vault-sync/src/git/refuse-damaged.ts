import { fail } from "../errors.ts";
import { REPAIR_HINT } from "../repair/repair-hint.ts";
import type { GitResult } from "./run-git.ts";

const DAMAGE =
  /is empty|is corrupt|corrupt loose object|index file .*(too small|corrupt)|file .*\.(idx|pack) .*(too small|mismatch|is not)/;

/** Throws OBJECT_STORE_FAILED when a git command failed over our own directory and not over the remote's. */
export function refuseDamaged(result: GitResult, gitDir: string): void {
  if (result.exitCode === 0) return;
  const line = result.stderr
    .split("\n")
    .find((text) => !text.startsWith("remote:") && text.includes(gitDir) && DAMAGE.test(text));
  if (line === undefined) return;
  throw fail(
    "OBJECT_STORE_FAILED",
    `The git directory in the state folder is damaged; the vault is whole, and nothing was published. ${REPAIR_HINT}`,
    { data: { answer: line.slice(0, 300) } },
  );
}
