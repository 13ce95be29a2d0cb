import { describeError, NightdeskError } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";

/** What `npm run bench -- NAME` can measure. Each is loaded when it is asked for. */
const BENCHES: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  sync: async (argv) => (await import("./sync-bench.ts")).runSyncBench(argv),
};

try {
  const [name = "", ...argv] = process.argv.slice(2);
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!bench) {
    throw fail(
      "USAGE",
      `There is no bench "${name}"; nothing was started. There is: ${Object.keys(BENCHES).join(", ")}. Example: npm run bench -- sync`,
    );
  }
  process.exitCode = await bench(argv);
} catch (error) {
  process.stderr.write(
    `${NightdeskError.is(error) || !(error instanceof Error) ? describeError(error) : (error.stack ?? error.message)}\n`,
  );
  process.exitCode = NightdeskError.is(error, "USAGE") ? 2 : 1;
}
