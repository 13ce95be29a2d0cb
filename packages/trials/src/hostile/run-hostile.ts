import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseNote, taskKey } from "@nightdesk/claim-lib";
import { KINDS } from "../sample-notes.ts";
import { buildCorpus, type HostileMail } from "./build-corpus.ts";
import { findActive } from "./find-active.ts";
import { makeNotes, type MadeNote } from "./make-notes.ts";
import { pushRaw, type RawResult } from "./push-raw.ts";
import { TECHNIQUES } from "./techniques.ts";
import { watchRequests, type BrowserCheck } from "./watch-requests.ts";

export interface HostileOptions {
  mails: number;
  seed: number;
  /** Pages opened in the browser, beside one with all of them; none at all for 0. */
  pages: number;
  /** An empty folder with a short path; everything lies in it. */
  folder: string;
  say: (line: string) => void;
}

export interface HostileResult {
  /** Notes made of the mails: first taken in, then drafted. */
  notes: readonly MadeNote[];
  rendered: number;
  /** One sentence for each active element in a note. */
  active: string[];
  raw: RawResult;
  /** Techniques the checker finds active while nothing was done about them: a blind checker would prove nothing. */
  seenRaw: number;
  /** Null where there is no browser, or none was wanted. */
  browser: BrowserCheck | null;
}

/** Hostile mails the whole way through, and the same texts past it. */
export async function runHostile({
  mails,
  seed,
  pages,
  folder,
  say,
}: HostileOptions): Promise<HostileResult> {
  const corpus = buildCorpus(mails, seed);
  const [made, pushed, browsed] = ["made", "raw", "pages"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [made, pushed, browsed]) await mkdir(one, { recursive: true });
  const notes = await makeNotes(corpus, made, say);
  const active = [...notes.flatMap(judgeNote), ...corpus.flatMap((mail) => judgeCount(mail, notes))];
  say(`${notes.length} notes were judged: ${active.length} active elements.`);
  const pending = notes.filter(({ stage }) => stage === "pending");
  const raw = await pushRaw(corpus, pending, pushed);
  say(
    `${raw.rawPushed} raw notes were pushed with the cloud's key: ${raw.rawRefused} refused, ${raw.rawInert} inert.`,
  );
  const step = Math.max(1, Math.floor(pending.length / pages));
  const sample = pending.filter((_, index) => index % step === 0).slice(0, pages);
  const texts = sample.map(({ text }) => text);
  const browser = pages === 0 ? null : await watchRequests(texts, browsed);
  return {
    notes,
    rendered: notes.filter(({ stage, mail }) => mail !== null && stage === "needs action").length,
    active,
    raw,
    seenRaw: TECHNIQUES.filter(({ text }) => findActive(bareNote(text)).length > 0).length,
    browser,
  };
}

function judgeNote({ path, text, mail, stage }: MadeNote): string[] {
  const about = `${mail?.id ?? path} (${mail?.place ?? "report"}, ${stage})`;
  const found = findActive(text, taskKey(path) !== null);
  if (stage === "other" || mail === null) return found.map((one) => `${about}: ${one}`);
  if (mail.secret !== null && text.includes(mail.secret))
    found.push("hidden text is shown as if it could be seen");
  if (!text.includes(mail.visible)) found.push("text that can be seen is missing");
  if (stage === "pending" && regionOf(text) !== parseNote(text, KINDS).text)
    found.push("the text to send is not what stands between its marks");
  return found.map((one) => `${about}: ${one}`);
}

/** Every mail has become one task, and that was drafted or put away. */
function judgeCount(mail: HostileMail, notes: readonly MadeNote[]): string[] {
  const own = notes.filter((note) => note.mail === mail);
  const isWhole =
    own.filter(({ stage }) => stage === "needs action").length === 1 &&
    own.filter(({ stage }) => stage !== "needs action").length === 1;
  return isWhole
    ? []
    : [`${mail.id} (${mail.place}): ${own.length} notes instead of one taken in and one worked on`];
}

/** What an eye sees between the two headings: found without the code that reads notes. */
function regionOf(text: string): string {
  const after = text.split("\n## Reply (edit here)\n");
  const region = after[1]?.split("\n## Feedback (only if you reject)\n")[0];
  return after.length === 2 ? (region ?? "").replace(/^\s*\n|\s+$/g, "") : "no single region";
}

/** A note with a text in it that nothing was done about. */
export function bareNote(text: string): string {
  return `---\nid: x\n---\n> [!todo] x\n\n## Reply (edit here)\n\n${text}\n\n## Feedback (only if you reject)\n\n> [!quote]- Original, an inert copy (links are disarmed)\n> x\n`;
}
