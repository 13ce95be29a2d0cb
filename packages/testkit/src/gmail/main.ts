import { describeError } from "@nightdesk/claim-lib";
import { parseGmailConfig } from "./config.ts";
import { startGmail } from "./start-gmail.ts";

/** The emulator as a process of its own: one line of JSON when it is ready, then it serves until SIGTERM. */
async function main(): Promise<void> {
  const gmail = await startGmail(parseGmailConfig(process.env));
  const stop = async () => {
    await gmail.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());
  process.stdout.write(
    `${JSON.stringify({ baseUrl: gmail.baseUrl, address: gmail.address, pid: process.pid })}\n`,
  );
  process.send?.("ready");
}

main().catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
