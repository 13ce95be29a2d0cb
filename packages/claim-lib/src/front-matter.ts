import matter from "gray-matter";
import { parseDocument } from "yaml";
import { fail } from "./errors.ts";
import { MAX_FRONT_MATTER_BYTES, MAX_NOTE_BYTES } from "./limits.ts";

export interface SplitNote {
  data: Record<string, unknown>;
  body: string;
}

const refuse = (): never => {
  throw fail(
    "NOTE_MALFORMED",
    "This note's front matter is in a language that could run code; it was not read.",
  );
};

/**
 * gray-matter runs `---js` and `---javascript` by default, and `---constructor` reaches past replaced
 * engines. Hence: our own splitter lets only bare `---` lines through, the language is fixed, and every
 * engine that is not ours throws.
 */
const ENGINES = {
  yaml: { parse: parseYaml, stringify: refuse },
  json: { parse: refuse, stringify: refuse },
  javascript: { parse: refuse, stringify: refuse },
  js: { parse: refuse, stringify: refuse },
  coffee: { parse: refuse, stringify: refuse },
  toml: { parse: refuse, stringify: refuse },
};

/**
 * Splits a note into its front matter (parsed) and its body (untouched).
 * Throws NOTE_TOO_LARGE or NOTE_MALFORMED with a sentence the owner understands.
 */
export function splitNote(text: string): SplitNote {
  if (Buffer.byteLength(text, "utf8") > MAX_NOTE_BYTES) {
    throw fail("NOTE_TOO_LARGE", `This note is larger than ${MAX_NOTE_BYTES / 1024} KB; it was not read.`);
  }
  // Some editors begin every file with a byte order mark; it is no part of the note.
  const lines = text.replace(/^\ufeff/, "").split("\n");
  if (lines[0]?.trimEnd() !== "---") {
    throw malformed("This note does not begin with its details (a line with only ---).");
  }
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === "---");
  if (end < 0) throw malformed("The details at the top of this note have no end (a line with only ---).");
  const block = lines.slice(1, end).map((line) => line.replace(/\r$/, ""));
  if (block.some((line) => line.startsWith("---"))) {
    throw malformed("A line of the details at the top of this note begins with ---.");
  }
  const yaml = block.join("\n");
  if (Buffer.byteLength(yaml, "utf8") > MAX_FRONT_MATTER_BYTES) {
    throw fail(
      "NOTE_TOO_LARGE",
      `The details at the top of this note are larger than ${MAX_FRONT_MATTER_BYTES / 1024} KB.`,
    );
  }
  const parsed = matter(`---\n${yaml}\n---\n`, { language: "yaml", engines: ENGINES });
  return { data: parsed.data, body: lines.slice(end + 1).join("\n") };
}

/** YAML without aliases, tags, duplicate keys or guesses: a warning is an error. */
function parseYaml(text: string): Record<string, unknown> {
  const document = parseDocument(text, {
    schema: "core",
    strict: true,
    uniqueKeys: true,
    merge: false,
    logLevel: "warn",
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem)
    throw malformed(`The details at the top of this note cannot be read: ${firstLine(problem.message)}`);
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw malformed("The details at the top of this note use references, which are not allowed.", error);
  }
  if (data === null || typeof data !== "object" || Array.isArray(data)) {
    throw malformed("The details at the top of this note are not a list of names and values.");
  }
  return Object.fromEntries(Object.entries(data));
}

function malformed(reason: string, cause?: unknown) {
  return fail("NOTE_MALFORMED", reason, { data: { reason }, cause });
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/:$/, "");
}

/** One front-matter line. Strings are JSON, which is YAML's double-quoted style, so nothing is guessed. */
export function renderField(key: string, value: unknown): string {
  if (value === undefined || value === null) return `${key}:`;
  if (Array.isArray(value)) return `${key}: [${value.map((item) => JSON.stringify(item)).join(", ")}]`;
  return `${key}: ${typeof value === "string" && PLAIN.test(value) && !AMBIGUOUS.test(value) ? value : JSON.stringify(value)}`;
}

/** Words that need no quotes in YAML: how the owner would write them by hand. */
const PLAIN = /^[A-Za-z][A-Za-z0-9_]*$|^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;
/** Words YAML reads as something else than text. */
const AMBIGUOUS = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i;
