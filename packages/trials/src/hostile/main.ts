import { parseArgs } from "node:util";
import { describeError } from "@nightdesk/claim-lib";
import { createTempDir } from "@nightdesk/testkit";
import { fail } from "../errors.ts";
import { runHostile, type HostileResult } from "./run-hostile.ts";
import { TECHNIQUES } from "./techniques.ts";
import { runTrial } from "../run-trial.ts";

const USAGE = "npm run hostile -- --mails 500 --seed 1 --pages 80";
/** Of the techniques, those only a careful eye minds (tags, tasks, long lines); the rest the checker must see. */
const HARMLESS = 12;
/** Fewer would be no sample. */
const MIN_PAGES = 60;

/** What is wrong with an outcome, in plain words. */
function findFaults({ active, raw, browser, seenRaw }: HostileResult): string[] {
  return [
    ...active,
    ...raw.faults,
    raw.honestTaken < raw.honestPushed && "honest notes did not get through, so a refusal says nothing",
    seenRaw < TECHNIQUES.length - HARMLESS &&
      `the checker sees only ${seenRaw} of ${TECHNIQUES.length} techniques, so it proves nothing`,
    browser === null &&
      "the pages were not run: there is no Chromium on this machine (Debian: apt-get install chromium)",
    browser !== null && browser.requests > 0 && `the pages asked for ${browser.asked.join(", ")}`,
    browser !== null &&
      browser.activeElements > 0 &&
      `${browser.activeElements} active elements in the pages`,
    browser !== null &&
      browser.controlRequests < 1 &&
      "the control pages asked for nothing, so silence proves nothing",
  ].filter((fault) => typeof fault === "string");
}

function readNumber(text: string | undefined, name: string, min: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min) return value;
  throw fail(
    "USAGE",
    `--${name} must be a whole number from ${min} on; nothing was started. Example: ${USAGE}`,
  );
}

function readArguments() {
  const options = {
    mails: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    pages: { type: "string", default: "80" },
  } as const;
  try {
    const { values } = parseArgs({ options });
    return {
      mails: readNumber(values.mails, "mails", 12),
      seed: readNumber(values.seed, "seed", 0),
      pages: readNumber(values.pages, "pages", MIN_PAGES),
    };
  } catch (error) {
    throw fail("USAGE", `${describeError(error)} Example: ${USAGE}`, { cause: error });
  }
}

async function main(): Promise<void> {
  const settings = readArguments();
  const dir = await createTempDir("hostile");
  const result = await runHostile({ ...settings, folder: dir.path, say: (line) => console.log(line) });
  const { browser, raw } = result;
  if (browser)
    console.log(
      `${browser.pages} pages were opened: ${browser.requests} requests; unguarded texts: ${browser.controlRequests}.`,
    );
  const faults = findFaults(result);
  for (const fault of faults.slice(0, 40)) console.log(`NOT AS PROMISED: ${fault}`);
  if (faults.length === 0) await dir.remove();
  else console.log(`Everything of this run is kept in ${dir.path}`);
  console.log(
    JSON.stringify({
      mails: settings.mails,
      rendered: result.rendered,
      active: result.active.length + raw.faults.length + (browser?.activeElements ?? 0),
      rawPushed: raw.rawPushed,
      rawRefused: raw.rawRefused,
      rawInert: raw.rawInert,
      honestTaken: raw.honestTaken,
      techniques: TECHNIQUES.length,
      techniquesSeenRaw: result.seenRaw,
      chromiumPages: browser?.pages ?? 0,
      requests: browser?.requests ?? null,
      controlRequests: browser?.controlRequests ?? null,
    }),
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}

await runTrial(main);
