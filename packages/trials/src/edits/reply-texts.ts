import type { SeededRandom } from "@nightdesk/testkit";

/** One block of a reply: lines of text, without a blank line at either end. */
type Block = (random: SeededRandom) => string;

// Characters that cannot be seen in a source are written by their number.
const NBSP = "\u00a0";
const RIGHT_TO_LEFT_MARK = "\u200f";
const ZERO_WIDTH = "\u200b\u2060";

const SENTENCES = [
  "Thursday works for us.",
  "We can deliver the 24 chairs by the 27th of November.",
  "The invoice is attached in the next mail.",
  "Please tell us the address of the building site.",
  "Nothing else has changed since we spoke.",
  "Es bleibt bei der vereinbarten Größe, schöne Grüße aus Köln.",
  "Le délai reste inchangé, à bientôt.",
];

/** Everything an owner types or pastes into a mail and that must arrive as it stands. */
const BLOCKS: readonly Block[] = [
  (random) => Array.from({ length: 1 + random.below(4) }, () => random.pick(SENTENCES)).join(" "),
  () => "“Yes”, she said – it’s ‘fine’ … „so“ «ou» —really— 5′ 10″ ½ № 7 ™",
  () => "👍 👨‍👩‍👧‍👦 👩🏽‍🔧 🏳️‍🌈 🇨🇭🇩🇪 ❤️ 🙏🏿 1️⃣ ☕️ 🫠",
  () => "e\u0301 a\u0308 Z\u0351\u0343\u0313 n\u0303 한글 \u1112\u1161\u11ab \u0928\u093f \u0e01\u0e33 ﬁ Å Å",
  () =>
    `שלום אנה, ההזמנה תגיע ביום חמישי. ${RIGHT_TO_LEFT_MARK}\nمرحبا، سنقوم بالتسليم يوم الخميس. میخواهم می\u200cخواهم`,
  () => "您好，周四可以送货。\nこんにちは、木曜日に納品できます。\n목요일에 배송 가능합니다.",
  () => "- oak board\n- pine board\n  - planed\n    - oiled\n* star\n+ plus\n• dot\n– dash",
  () => "1. first\n2. second\n10. tenth\n1) one\na) letter\n   iii. roman",
  () => "- [ ] send the plan\n- [x] call Anna\n- [/] half done\n[x] and [ ] in a line, [X]",
  () => "| item | price |\n| :--- | ----: |\n| board | 4 × 12,50 € |\n|   | $1,250.00 |",
  () => "> You wrote: can you deliver?\n>> and before: hello\n> \n>no space\nYes, we can.",
  () => "before the rule\n---\nafter the rule\n***\n___\n- - -\n------------------------------",
  () => "Offer\n=====\nPart\n-----\nend of part",
  () =>
    "# Offer\n## Reply\n### Terms (2026)\n####### seven\n#tag #tag/sub\n## Feedback\n## Original\n## Feedback (if you like)",
  () => '```js\nconst price = `${a}` + "b";\n```\n~~~\n    indented\n~~~\n`inline` ``two``',
  () => "From the start we said so.\nFrom: nobody\n>From here\nfrom there",
  () => "first\n.\n..\n.hidden\nQUIT\nlast",
  (random) => `${"long ".repeat(210 + random.below(60))}end`,
  (random) => `nobreak${"x".repeat(1000 + random.below(300))}`,
  () => "two at the end  \nfive at the end     \none at the end \nand none",
  () => "\tone tab\n\t\ttwo tabs\na\tb\tc\t\nend",
  () => `${NBSP}10${NBSP}000${NBSP}€${NBSP}\n5\u202f% and\u2003wide\u3000spaces`,
  () => "    four spaces\n  two spaces\n        eight spaces",
  () =>
    '<b>bold</b> <script>alert(1)</script> <!-- note --> </body>\n<a href="x">y</a> <br/> &amp; &lt; &#39; <>',
  () =>
    "https://shop.example/a%20b?x=1&y=2#z [the page](https://shop.example) <https://shop.example>\nwww.shop.example anna@kunde.example mailto:anna@kunde.example ![plan](plan.png)",
  () =>
    "=3D =20= =\n=?UTF-8?Q?caf=C3=A9?= =?UTF-8?B?w6Q=?= 100% %20 %% %s %n\\n \\r\\n \\t \\u0041 C:\\temp\\new",
  () => "$5 and $10, $$x$$, ${cost} $(price) `$x` 1.250,00 € 9,800.00 USD £5 ¥100 -3 +4",
  () => "%% a thought of my own %% ==marked== ~~struck~~ **bold** _italic_ [^1] ^block\n[^1]: a foot note",
  () => "{x} {{ open } } <% code { y } [not a gap] (your choice) {0} %(name)s :name: @name",
  () =>
    "I wrote this under ## Feedback before, and in ## Reply too; [edit here if you like] (only if you can).",
  () =>
    `zero${ZERO_WIDTH}width, soft\u00adhyphen, \u2028line and \u2029paragraph separators, \u0085 next line`,
  () => "bell \u0007, escape \u001b[31m, null \u0000, vertical \u000b, form feed \u000c, delete \u007f",
  () => "\ufeffa mark at a line's start and \ufeff inside; \u{1d54f} \u{10ffff} \ue000 \ufffe",
  () => "one\n\n\n\n\nfive blank lines above\n \n\t\n\u00a0\nblank lines with blanks in them above",
  () => "--\nRobin Brightside\nBrightside Joinery, Lane 4\n+44 20 7946 0000",
  () =>
    "-----BEGIN PGP SIGNED MESSAGE-----\nbegin 644 file.txt\nMime-Version: 1.0\nContent-Type: text/html\nBcc: x@y.example",
];

const SEPARATORS = ["\n\n", "\n\n", "\n", "\n\n\n", "\n \n", "\n\t\n\n"];

/** About this many bytes, as an owner pastes a whole contract. */
const LARGE_BYTES = 50_000;
const LARGE_SHARE = 0.03;

/** A reply as an owner would leave it; no blank line at either end, line ends are LF. */
export function makeReplyText(random: SeededRandom): string {
  const parts = Array.from({ length: 1 + random.below(6) }, () => random.pick(BLOCKS)(random));
  const text = parts.reduce((whole, part) => `${whole}${random.pick(SEPARATORS)}${part}`);
  return random.fraction() < LARGE_SHARE ? enlarge(text, random) : text;
}

function enlarge(text: string, random: SeededRandom): string {
  let whole = text;
  let bytes = Buffer.byteLength(text);
  while (bytes < LARGE_BYTES) {
    const part = `\n\n${random.pick(BLOCKS)(random)}`;
    bytes += Buffer.byteLength(part);
    whole += part;
  }
  return whole;
}

/** Gaps nobody filled in: whatever else a text holds, with one of these it may not go out. */
export const GAPS = [
  "[price]",
  "{{first_name}}",
  "[[Client]]",
  "[your phone number]",
  "[Date of delivery]",
  "[gap: what does it cost?]",
  "TODO",
  "It costs XXX",
  "Dear ______,",
  "‹NAME>",
] as const;
