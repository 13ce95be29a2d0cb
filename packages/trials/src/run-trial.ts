import { describeError } from "@nightdesk/claim-lib";

/** Runs a command's `main`; what it throws is said in one line, and the command fails. */
export async function runTrial(main: () => Promise<void>): Promise<void> {
  // An end by exit() runs the handlers that take everything along which was started.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  try {
    await main();
  } catch (error) {
    console.error(describeError(error));
    process.exitCode = 1;
  }
}
