import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findChromium, openBrowser, type Browser } from "./open-browser.ts";
import { renderNoteBody, wrapPage } from "./render-page.ts";
import { TECHNIQUES } from "./techniques.ts";

export interface BrowserCheck {
  pages: number;
  /** Heard by the server or seen by the browser, while the notes were open. */
  requests: number;
  /** The same for a page of the very texts before they were made inert: it must ask, or nothing is proven. */
  controlRequests: number;
  /** Elements that run, load or lead somewhere, as the browser counts them in the notes' pages. */
  activeElements: number;
  asked: string[];
}

/** Of the texts that load something, every so many are opened as they came: enough to know the ears are open. */
const CONTROL_STEP = 6;

/** Opens notes in a real browser that finds every host at a server of ours; null where there is no browser. */
export async function watchRequests(notes: readonly string[], folder: string): Promise<BrowserCheck | null> {
  const program = findChromium();
  if (program === null) return null;
  await mkdir(join(folder, "profile"), { recursive: true });
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.headers.host ?? ""}${request.url ?? ""}`);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await openBrowser(program, join(folder, "profile"), (server.address() as AddressInfo).port);
  try {
    const found = { pages: 0, activeElements: 0, asked: new Set<string>() };
    for (const [index, note] of [...notes, notes.join("\n\n")].entries()) {
      const page = await openHtml(browser, join(folder, `note-${index}.html`), renderNoteBody(note));
      found.pages += 1;
      found.activeElements += page.activeElements;
      for (const one of page.asked) found.asked.add(one);
    }
    const isOurs = (address: string) => address.includes("canary.example");
    const heardOfNotes = heard.splice(0).filter(isOurs);
    const control = await openControl(browser, folder);
    const heardOfControl = heard.filter(isOurs);
    return {
      pages: found.pages,
      activeElements: found.activeElements,
      requests: Math.max(heardOfNotes.length, found.asked.size),
      controlRequests: Math.min(heardOfControl.length, control),
      asked: [...found.asked, ...heardOfNotes].slice(0, 10),
    };
  } finally {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The corpus as it came, one page each: what stops a page's parser must not silence the next. */
async function openControl(browser: Browser, folder: string): Promise<number> {
  const asked = new Set<string>();
  const eager = TECHNIQUES.filter((one) => /html|embed|block|query/i.test(one.family));
  for (const [index, { text }] of eager.filter((_, place) => place % CONTROL_STEP === 0).entries()) {
    const page = await openHtml(browser, join(folder, `control-${index}.html`), renderNoteBody(text));
    for (const one of page.asked) asked.add(one);
  }
  return asked.size;
}

async function openHtml(browser: Browser, file: string, body: string) {
  await writeFile(file, wrapPage(body));
  return browser.open(pathToFileURL(file).href);
}
