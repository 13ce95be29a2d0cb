import fc from "fast-check";
import { kindsOf, neutralise, toFieldLine, type Channel, type TaskNote } from "../src/index.ts";
import { z } from "zod";

/** A channel as a package would describe it; claim-lib's own tests know no real one. */
const testChannel: Channel = {
  name: "email",
  needsAction: "cloud-email",
  idPrefix: "em",
  liveTools: { prepare: "p", commit: "c", find: "f" },
  kinds: [
    {
      name: "email",
      noun: "mail",
      fields: {},
      action: null,
      describe: (fields) => ({ headline: `Mail from ${fields.source_from ?? "?"}`, facts: [fields.summary] }),
    },
    {
      name: "email_reply",
      noun: "reply",
      fields: { to: z.array(z.email()).min(1), cc: z.array(z.email()), subject: z.string() },
      describe: (fields) => ({ headline: `Reply to ${String(fields["to"])}`, facts: [fields.summary] }),
      action: {
        tool: "email_reply",
        region: "Reply",
        targetKeys: ["to", "cc"],
        toArgs: (fields, text) => ({
          to: fields["to"],
          cc: fields["cc"],
          subject: fields["subject"],
          body: text,
          thread_id: fields.source_thread,
        }),
        fromArgs: (args) => ({
          fields: {
            to: args["to"],
            cc: args["cc"],
            subject: args["subject"],
            source_thread: args["thread_id"],
          },
          text: String(args["body"]),
        }),
      },
    },
  ],
};

export const kinds = kindsOf([testChannel]);

/** An ordinary reply, for tests that change one thing in it. */
export const sampleReply: TaskNote = {
  fields: {
    id: "em_0123456789abcdef",
    kind: "email_reply",
    rev: 1,
    created: "2026-11-21T08:00:00Z",
    summary: "asks for a date",
    to: ["anna@kunde.example"],
    cc: [],
    subject: "Re: Angebot",
    source_thread: "t1",
  },
  text: "Hi Anna,\n\nThursday works.",
  feedback: "",
  original: "Can you deliver on the 27th?",
};

const SNIPPETS = [
  "```dataviewjs\nfetch('x')\n```",
  "~~~js\nx\n~~~",
  "`= this.file`",
  "`$= dv.x`",
  "<% tp.x %>",
  "<%* x %>",
  "![[secret]]",
  "[[note]]",
  "![](http://evil.example/p.png)",
  "[click](obsidian://run)",
  "[a]: javascript:alert(1)",
  "%%hidden%%",
  "<img src=x onerror=y>",
  "<!-- c -->",
  "---",
  "\n---\n",
  "---js\n",
  "## Reply (edit here)",
  "## Feedback (only if you reject)",
  "> [!quote]- Original",
  "\u202eevil",
  "a\u200bb",
  "\u{e0041}\u{e0042}",
  "{{date}}",
  "$x=1$",
  "$$x$$",
  "https://a.example/?q=1",
  "HTTPS://A",
  "data:text/html,x",
  "\r\n",
  "\r",
  "\t\tcode",
  "     code",
  "a\n\n\n\n\n\nb",
  "[^1]",
  "^[note]",
  "👩🏽‍🚀 ❤️",
  "\ud800",
  "ß€–“”",
  "*bold* ~~gone~~ ==mark==",
  "INPUT[text:x]",
  "#tag",
  "[x]::y",
  "![",
  "!\u200b[",
  "[\u200b[",
  "<\u200bscript>",
  "`\u200b``",
];

/** Text a stranger might send: ordinary, odd, and every trick of the corpus, mixed. */
export function anyOutsideText(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom(...SNIPPETS),
    fc.string({
      unit: fc.constantFrom(
        "[",
        "]",
        "(",
        "!",
        "<",
        "`",
        "~",
        "$",
        "%",
        "{",
        "^",
        ":",
        "/",
        ">",
        " ",
        "\n",
        "\u200d",
        "\u200b",
        "h",
        "t",
        "p",
      ),
      maxLength: 30,
    }),
  );
  return fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
}

/** What an owner may write to send: any characters, but not our headings and not blank lines at the ends. */
export function anyReplyText(): fc.Arbitrary<string> {
  const line = fc
    .string({ unit: "grapheme", maxLength: 60 })
    .map((text) => text.replace(/[\r\n\u2028\u2029]/g, ""));
  return fc
    .array(line, { minLength: 1, maxLength: 12 })
    .map((lines) => lines.join("\n"))
    .filter(
      (text) =>
        !/^## |^> \[!quote\]-/m.test(text) &&
        text.split("\n")[0]?.trim() !== "" &&
        text.split("\n").at(-1)?.trim() !== "",
    );
}

const fieldLine = () => anyOutsideText().map(toFieldLine);
const some = (arbitrary: fc.Arbitrary<unknown>) => fc.option(arbitrary, { nil: undefined });
const instant = fc.integer({ min: 0, max: 4e9 }).map((seconds) => new Date(seconds * 1000).toISOString());
const address = fc
  .tuple(fc.stringMatching(/^[a-z0-9]{1,10}$/), fc.stringMatching(/^[a-z]{1,10}$/))
  .map(([a, b]) => `${a}@${b}.example`);

/** Any legal task note. */
export function anyNote(fixed: { kind?: "email" | "email_reply" } = {}): fc.Arbitrary<TaskNote> {
  const kind = fixed.kind ? fc.constant(fixed.kind) : fc.constantFrom("email", "email_reply");
  const common = fc.record({
    rev: fc.integer({ min: 1, max: 99 }),
    created: instant,
    expires: some(instant),
    summary: fieldLine().map((text) => text || "none"),
    risk: some(fc.constantFrom("low", "medium", "high")),
    confidence: some(fc.double({ min: 0, max: 1, noNaN: true }).map((value) => Math.abs(value))),
    feedback: some(fieldLine().filter((text) => text !== "")),
    source_from: some(fieldLine().filter((text) => text !== "")),
    notice: some(fieldLine().filter((text) => text !== "")),
    send_at: some(instant),
  });
  const original = anyOutsideText().map(neutralise);
  return fc
    .tuple(
      kind,
      common,
      fc.array(address, { minLength: 1, maxLength: 3 }),
      fieldLine(),
      anyReplyText(),
      original,
      fieldLine(),
      fc.option(anyReplyText(), { nil: "" }),
    )
    .map(([name, fields, to, subject, text, source, thread, feedback]) => {
      const id = "em_0123456789abcdef";
      const present = Object.fromEntries(
        Object.entries({ id, kind: name, ...fields }).filter(([, value]) => value !== undefined),
      );
      const action =
        name === "email_reply" ? { to, cc: [], subject: subject || "Re:", source_thread: thread || "t" } : {};
      return {
        fields: { ...present, ...action } as unknown as TaskNote["fields"],
        text: name === "email_reply" ? text : null,
        feedback: name === "email_reply" ? feedback : "",
        original: source,
      };
    });
}
