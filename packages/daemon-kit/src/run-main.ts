import { describeError, NightdeskError } from "@nightdesk/claim-lib";

/** EX_CONFIG of sysexits.h. PM2 is told not to start again after it (`stop_exit_codes`). */
const EXIT_CONFIG = 78;

/** Errors that only a person can take away, by changing the settings. */
const SETTINGS_CODES = ["CONFIG_INVALID", "CONFIG_FORBIDDEN_SECRET", "CHANNEL_UNKNOWN"];

/**
 * Runs a program's `main`. What it throws is told in one sentence on stderr, without a stack for
 * errors we foresaw, and ends the process: 78 for wrong settings, 1 otherwise (PM2 starts it again).
 * @param finalCodes the program's own errors that a restart would only repeat
 */
export async function runMain(main: () => Promise<void>, finalCodes: readonly string[] = []): Promise<void> {
  try {
    await main();
  } catch (error) {
    const foreseen = NightdeskError.is(error);
    const stack = error instanceof Error ? error.stack : undefined;
    process.stderr.write(`${foreseen ? describeError(error) : (stack ?? describeError(error))}\n`);
    process.exit(foreseen && [...SETTINGS_CODES, ...finalCodes].includes(error.code) ? EXIT_CONFIG : 1);
  }
}
