import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

/**
 * Writes the public corpora as files for `nightdesk eval`, one per group, for the mails whose SHA-256 begins with a
 * byte of 128 or more: the half no training reads. A line holds the mail's bytes and its label.
 */
const { values } = parseArgs({
  options: {
    spamassassin: { type: "string" },
    "phishing-pot": { type: "string" },
    half: { type: "string", default: "held" },
    out: { type: "string", default: "triage-sets" },
  },
});
mkdirSync(values.out, { recursive: true });
for (const group of ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"]) {
  if (values.spamassassin === undefined) break;
  const label = { spam: group.startsWith("spam"), ...(group.startsWith("spam") ? {} : { phishing: false }) };
  writeSet(group, join(values.spamassassin, group), ".txt", label);
}
if (values["phishing-pot"] !== undefined)
  writeSet("phishing-pot", values["phishing-pot"], ".eml", { spam: true, phishing: true });

function writeSet(name: string, folder: string, ending: string, label: Record<string, boolean>): void {
  const lines = readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .toSorted()
    .map((file) => ({ id: `${name}/${file}`, bytes: readFileSync(join(folder, file)) }))
    .filter(({ bytes }) => bytes.length > 0 && isWanted(bytes))
    .map(({ id, bytes }) => JSON.stringify({ id, raw: bytes.toString("base64"), ...label }));
  writeFileSync(join(values.out, `${name}.jsonl`), `${lines.join("\n")}\n`);
  process.stdout.write(`${name}: ${lines.length} mails\n`);
}

function isWanted(bytes: Buffer): boolean {
  const isHeld = (createHash("sha256").update(bytes).digest()[0] ?? 0) >= 128;
  return values.half === "all" || isHeld === (values.half === "held");
}
