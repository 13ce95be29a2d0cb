import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { describeError } from "@nightdesk/claim-lib";
import type { ZodType } from "zod";
import { fail } from "../errors.ts";

/** One line of a file of JSON lines, checked. */
export interface JsonLine<T> {
  line: number;
  value: T;
}

/** A mail of Gmail's limit of 25 MB is 34 MB of base64. */
const MAX_LINE_CHARS = 50_000_000;

/** Reads a file of JSON lines one by one, so that its length does not matter. Throws EVAL_FILE and EVAL_LINE. */
export async function* readJsonLines<T>(path: string, schema: ZodType<T>): AsyncGenerator<JsonLine<T>> {
  let line = 0;
  const input = createReadStream(path, "utf8");
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      // An editor's mark at the beginning, and the empty line at the end.
      const plain = line === 1 ? text.replace(/^\uFEFF/, "") : text;
      if (plain.trim() !== "") yield { line, value: parseLine(plain, path, line, schema) };
    }
  } catch (error) {
    if (error instanceof Error && "syscall" in error) {
      throw fail("EVAL_FILE", `${path} cannot be read (${describeError(error)}); nothing was written.`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    input.destroy();
  }
}

/** What is wrong with one line, with its number. */
export function badLine(path: string, line: number, why: string) {
  return fail("EVAL_LINE", `${path}, line ${line}: ${why}. Nothing was written; correct the line.`, {
    data: { path, line },
  });
}

function parseLine<T>(text: string, path: string, line: number, schema: ZodType<T>): T {
  if (text.length > MAX_LINE_CHARS) throw badLine(path, line, "it is longer than 50 MB");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw badLine(path, line, "it is not JSON");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? `"${issue.path.join(".")}" ` : "";
  throw badLine(path, line, `${where}${issue?.message ?? "has another shape"}`);
}
