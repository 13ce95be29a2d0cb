import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { nameOf, parseNote, splitNote, type TaskFields } from "@nightdesk/claim-lib";
import { createTempDir, runGit } from "@nightdesk/testkit";
import { z } from "zod";
import { fail } from "../errors.ts";
import { KINDS } from "../sample-notes.ts";
import { findChromium, openBrowser, type OpenOptions } from "./open-browser.ts";
import { PICTURE_STYLE } from "./picture-style.ts";
import { renderNoteBody, wrapPage } from "./render-page.ts";

const PROJECT = join(import.meta.dirname, "../../../..");
const MAILS = 8;
/** Nothing listens there, and nothing on these pages asks for anything. */
const NO_PORT = 9;

/** A note as it lay before the owner, out of the remote's history. */
interface Waiting {
  path: string;
  text: string;
  fields: TaskFields;
}

/** Pictures of the note, the table and the dashboard, out of a real run of the demo. */
export async function makePictures(target: string): Promise<string[]> {
  const program = findChromium();
  if (program === null)
    throw fail(
      "TRIAL_BROKEN",
      "There is no Chromium on this machine (Debian: apt-get install chromium); no picture was made.",
    );
  const dir = await createTempDir("pictures");
  const kept = join(dir.path, "demo");
  await runDemo(kept);
  const remote = join(kept, "remote.git");
  const waiting = await readWaiting(remote);
  const isChecked = ({ fields }: Waiting) => fields.checked !== undefined;
  const asks = ({ fields }: Waiting) => (fields.source_subject ?? "").endsWith("?");
  const note = waiting.find((one) => isChecked(one) && asks(one)) ?? waiting.find(isChecked) ?? waiting[0];
  if (!note) throw fail("TRIAL_BROKEN", "The demo left no note that waited; no picture was made.");
  const base = await readFile(join(PROJECT, "vault-template/Approvals.base"), "utf8");
  const pages: Record<string, { body: string } & OpenOptions> = {
    note: { body: notePage(note), width: 820 },
    "note-phone": { body: notePage(note), width: 390, height: 820 },
    table: { body: tablePage(base, waiting), width: 1410 },
    dashboard: {
      body: `<h1 class="name">Dashboard</h1>${styled(await readDashboard(remote))}`,
      width: 1040,
      height: 760,
    },
  };
  await mkdir(join(dir.path, "profile"));
  await mkdir(target, { recursive: true });
  const browser = await openBrowser(program, join(dir.path, "profile"), NO_PORT);
  const made: string[] = [];
  try {
    for (const [name, { body, ...options }] of Object.entries(pages)) {
      const file = join(dir.path, `${name}.html`);
      await writeFile(file, wrapPage(body, PICTURE_STYLE));
      const { picture } = await browser.open(pathToFileURL(file).href, { ...options, picture: true });
      await writeFile(join(target, `${name}.png`), picture ?? Buffer.alloc(0));
      made.push(join(target, `${name}.png`));
    }
  } finally {
    await browser.close();
  }
  await dir.remove();
  return made;
}

async function runDemo(folder: string): Promise<void> {
  const demo = spawn(
    process.execPath,
    [join(PROJECT, "packages/cli/src/main.ts"), "demo", "--mails", String(MAILS), "--keep", folder],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const [code] = await once(demo, "exit");
  if (code !== 0) throw fail("TRIAL_BROKEN", "The demo did not end well; no picture was made.");
}

/** The last version of each note while it waited: checked by the laptop, not yet decided. */
async function readWaiting(remote: string): Promise<Waiting[]> {
  const git = (...args: string[]) => runGit(args, remote);
  const commits = (await git("log", "--format=%H", "--reverse", "main")).split("\n");
  const found = new Map<string, Waiting>();
  for (const commit of commits) {
    const rows = (await git("ls-tree", "-r", "-z", commit, "Pending_Approval/")).split("\0");
    for (const row of rows.filter((one) => one.endsWith(".md"))) {
      const [, , oid = "", path = ""] = /^(\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(row) ?? [];
      const text = await git("cat-file", "blob", oid);
      found.set(path, { path, text, fields: parseNote(`${text}\n`, KINDS).fields });
    }
  }
  return [...found.values()];
}

/** As it stood when most notes waited. */
async function readDashboard(remote: string): Promise<string> {
  const commits = (await runGit(["log", "--format=%H", "main", "--", "Dashboard.md"], remote)).split("\n");
  const texts = await Promise.all(
    commits.map((commit) => runGit(["show", `${commit}:Dashboard.md`], remote)),
  );
  const count = (text: string) =>
    Number(/\[!todo\] (\d+)/.exec(text)?.[1] ?? 0) - text.split("| not yet |").length / 100;
  const best = texts.toSorted((a, b) => count(b) - count(a))[0] ?? "";
  return best.replace(/^# Dashboard\n+/, "");
}

const escape = (text: string) =>
  text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char] ?? "");

/** With its properties folded, as a click on their title leaves them. */
function notePage({ path, text }: Waiting): string {
  const name = escape(nameOf(path).replace(/\.md$/, ""));
  return `<h1 class="name">${name}</h1><div class="properties">Properties</div>${styled(text)}`;
}

/** Callouts as boxes with a title line; a folded one shows no more. */
function styled(text: string): string {
  return renderNoteBody(text).replace(
    /<blockquote class="callout ([^"]*)" data-callout="([a-z]+)">\s*<p>([\s\S]*?)<\/p>([\s\S]*?)<\/blockquote>/g,
    (_all, fold: string, kind: string, first: string, rest: string) => {
      const [title = "", ...lines] = first.split(/<br>\n?/);
      const content = `<div class="content"><p>${lines.join("<br>")}</p>${rest}</div>`;
      return `<div class="callout ${fold}" data-callout="${kind}"><div class="title">${title}</div>${fold.includes("is-folded") || (lines.length === 0 && rest.trim() === "") ? "" : content}</div>`;
    },
  );
}

const baseSchema = z.object({
  properties: z.record(z.string(), z.object({ displayName: z.string() })),
  views: z.array(
    z.object({
      name: z.string(),
      order: z.array(z.string()),
      columnSize: z.record(z.string(), z.number()).optional(),
    }),
  ),
});

/** The first view of Approvals.base: its columns and names; what its formulas say is worked out here. */
function tablePage(source: string, waiting: readonly Waiting[]): string {
  const base = baseSchema.parse(splitNote(`---\n${source}\n---\n`).data);
  const [view] = base.views;
  const order = view?.order ?? [];
  const level = ({ fields }: Waiting) =>
    ({ high: "1 high", medium: "2 medium" })[String(fields.risk)] ?? "3 low";
  const valueOf = (note: Waiting, column: string): string => {
    if (column === "formula.level") return level(note);
    if (column === "formula.left") return leftOf(note.fields.expires, note.fields.drafted_at);
    if (column === "file.name") return nameOf(note.path).replace(/\.md$/, "");
    const value = note.fields[column.replace(/^note\./, "")];
    return Array.isArray(value) ? value.join(", ") : String(value ?? "");
  };
  const head = order.map((column) => `<th>${escape(base.properties[column]?.displayName ?? column)}</th>`);
  const columns = order.map((column) => `<col style="width:${view?.columnSize?.[column] ?? 150}px">`);
  const groups = [...new Set(waiting.map(level))].sort().map((name) => {
    const rows = waiting
      .filter((note) => level(note) === name)
      .map(
        (note) =>
          `<tr>${order.map((column) => `<td class="${column === "file.name" ? "note" : ""}">${escape(valueOf(note, column))}</td>`).join("")}</tr>`,
      );
    return `<div class="group">Risk <b>${escape(name)}</b></div><table class="base"><colgroup>${columns.join("")}</colgroup><tr>${head.join("")}</tr>${rows.join("")}</table>`;
  });
  const tabs = base.views.map(({ name }, index) => (index === 0 ? `<b>${escape(name)}</b>` : escape(name)));
  return `<h1 class="name">Approvals</h1><div class="tabs">${tabs.join(" &middot; ")} &middot; ${waiting.length} results</div>${groups.join("")}`;
}

function leftOf(expires: string | undefined, now: string | undefined): string {
  if (expires === undefined || now === undefined) return "";
  return `in ${Math.round((Date.parse(expires) - Date.parse(now)) / 86_400_000)} days`;
}
