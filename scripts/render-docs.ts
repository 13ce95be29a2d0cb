import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MATRIX, type ErrorCatalogue, type Right } from "../packages/claim-lib/src/index.ts";

const root = join(import.meta.dirname, "..");

/** The pages that are made from code, by path. `npm run check` fails when one on disk differs. */
export async function renderDocs(): Promise<Map<string, string>> {
  return new Map([
    ["docs/errors.md", await renderErrors()],
    ["docs/matrix.md", renderMatrix()],
  ]);
}

/** The paths of pages that are not what the code says. */
export async function findStaleDocs(): Promise<string[]> {
  return [...(await renderDocs())].flatMap(([path, text]) => (readOrNull(path) === text ? [] : [path]));
}

async function renderErrors(): Promise<string> {
  const lines = [
    "# Error codes",
    "",
    "Made from each package's `src/errors.ts` by `node scripts/render-docs.ts`.",
    "",
    "`retry`: *never* (a person or code must change something first), *safe* (nothing happened; may be repeated),",
    "*ambiguous* (it may have happened; only local-agent's executor handles it).",
  ];
  for (const file of globSync("packages/*/src/errors.ts", { cwd: root }).sort()) {
    const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
    const name = Object.keys(module).find((key) => key.endsWith("_ERRORS"));
    if (!name) continue;
    lines.push("", `## ${file.split("/")[1] ?? file}`, "", "| code | retry | when |", "| --- | --- | --- |");
    for (const [code, { retry, when }] of Object.entries(module[name] as ErrorCatalogue)) {
      lines.push(`| ${code} | ${retry} | ${when.replaceAll("|", "\\|")} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function renderMatrix(): string {
  const show = (rights: readonly Right[]) =>
    rights.length === 5 ? "everything" : rights.join(", ") || "nothing";
  return `${[
    "# Who may do what where",
    "",
    "Made from `packages/claim-lib/src/matrix.ts` by `node scripts/render-docs.ts`. An allow-list: what it does not",
    "name does not sync and is refused, whoever wrote it. The laptop includes its owner.",
    "",
    "| place | what for | the cloud may | the laptop may |",
    "| --- | --- | --- | --- |",
    ...MATRIX.map(
      (area) => `| \`${area.pattern}\` | ${area.purpose} | ${show(area.cloud)} | ${show(area.local)} |`,
    ),
  ].join("\n")}\n`;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return null;
  }
}

if (import.meta.main) {
  for (const [path, text] of await renderDocs()) {
    writeFileSync(join(root, path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
