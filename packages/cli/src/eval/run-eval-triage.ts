import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { once } from "node:events";
import { describeError } from "@nightdesk/claim-lib";
import { toMailInput } from "@nightdesk/cloud-agent";
import { createMailDecoder, type MailDecoder } from "@nightdesk/email-mcp";
import { triageSchema, type Thinker } from "@nightdesk/think";
import { fail } from "../errors.ts";
import type { CommandWorld } from "../run-command.ts";
import { chooseProvider } from "./choose-provider.ts";
import { countAddresses, guessOwner, rawOf, type AddressCounts } from "./guess-owner.ts";
import { mailLineSchema, type MailLine } from "./mail-line.ts";
import { badLine, readJsonLines } from "./read-json-lines.ts";

export interface TriageRun {
  in: string;
  out: string;
  provider: string | undefined;
  owner: string | undefined;
}

/** Mails judged at once: a model's server answers several as fast as one. */
const AT_ONCE = 4;

/**
 * `nightdesk eval triage`: judges every mail of a file. The file is read twice and never held: first every line is
 * checked and the owner's address is found, then the mails are judged in their order.
 * Throws EVAL_FILE, EVAL_LINE, EVAL_FAILED and CONFIG_INVALID; the output is there whole or not at all.
 */
export async function runEvalTriage(run: TriageRun, world: CommandWorld): Promise<number> {
  if (resolve(run.in) === resolve(run.out))
    throw fail("USAGE", "--in and --out are the same file; nothing was done.");
  const { thinker, name } = chooseProvider(run.provider, world.env);
  const { counts, mails } = await checkLines(run.in);
  const decoder = createMailDecoder();
  const startMs = performance.now();
  try {
    await writeJudged(run, counts, { thinker, decoder });
  } finally {
    decoder.close();
  }
  const seconds = (performance.now() - startMs) / 1000;
  world.print(
    `${mails} mails judged by ${name} in ${seconds.toFixed(1)} s (reading included), written to ${run.out}`,
  );
  world.print(
    JSON.stringify({ mails, provider: name, seconds: Math.round(seconds * 10) / 10, out: run.out }),
  );
  return 0;
}

async function checkLines(path: string): Promise<{ counts: AddressCounts; mails: number }> {
  const counts: AddressCounts = new Map();
  const seen = new Map<string, number>();
  for await (const { line, value } of readJsonLines(path, mailLineSchema)) {
    const before = seen.get(value.id);
    if (before !== undefined)
      throw badLine(path, line, `the id "${value.id.slice(0, 80)}" was already used in line ${before}`);
    seen.set(value.id, line);
    countAddresses(rawOf(value), counts);
  }
  return { counts, mails: seen.size };
}

interface Tools {
  thinker: Thinker;
  decoder: MailDecoder;
}

async function writeJudged(run: TriageRun, counts: AddressCounts, tools: Tools): Promise<void> {
  const unfinished = `${run.out}.unfinished`;
  const output = createWriteStream(unfinished);
  try {
    await once(output, "open");
    let batch: Promise<string>[] = [];
    const flush = async () => {
      for (const text of await Promise.all(batch)) if (!output.write(text)) await once(output, "drain");
      batch = [];
    };
    for await (const { line, value } of readJsonLines(run.in, mailLineSchema)) {
      batch.push(judgeLine(value, line, run, counts, tools));
      if (batch.length >= AT_ONCE) await flush();
    }
    await flush();
    output.end();
    await once(output, "close");
    await rename(unfinished, run.out);
  } catch (error) {
    output.destroy();
    await rm(unfinished, { force: true });
    if (error instanceof Error && "syscall" in error)
      throw fail("EVAL_FILE", `${run.out} cannot be written (${describeError(error)}).`, { cause: error });
    throw error;
  }
}

async function judgeLine(
  value: MailLine,
  line: number,
  run: TriageRun,
  counts: AddressCounts,
  { thinker, decoder }: Tools,
): Promise<string> {
  const raw = rawOf(value);
  const decoded = await decoder.decode(raw);
  const sentMs = Date.parse(decoded.header.date ?? "");
  // A mail without a date cannot have a deadline near; the epoch says so for every run alike.
  const mail = toMailInput({
    ...decoded,
    received_at: new Date(Number.isNaN(sentMs) ? 0 : sentMs).toISOString(),
  });
  const owner = { name: "", address: value.owner ?? run.owner ?? guessOwner(raw, counts) };
  try {
    const input = { mail, owner, handbook: "" };
    const { value: judged } = await thinker.think({ skill: "triage-email", input, schema: triageSchema });
    const { category, spam, phishing, confidence, reason } = judged;
    return `${JSON.stringify({ id: value.id, category, spam, phishing, confidence, reason })}\n`;
  } catch (error) {
    throw fail(
      "EVAL_FAILED",
      `${run.in}, line ${line}: it could not be judged (${describeError(error)}). Nothing was written.`,
      {
        cause: error,
        data: { line },
      },
    );
  }
}
