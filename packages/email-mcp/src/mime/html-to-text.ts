import { simpleParser } from "mailparser";
import { MAX_HTML_CHARS } from "../limits.ts";
import { dropHidden } from "./drop-hidden.ts";

/**
 * Plain text of HTML, with the targets of links written out beside their text. mailparser brings the
 * converter but applies it only to some layouts, so the HTML is given to it once more as a mail of its own.
 * Text the sender made invisible is left out, and its last line says so.
 */
export async function htmlToText(html: string): Promise<{ text: string; isCut: boolean }> {
  const isCut = html.length > MAX_HTML_CHARS;
  const { html: visible, droppedChars } = dropHidden(html.slice(0, MAX_HTML_CHARS));
  const packed = Buffer.from(visible, "utf8").toString("base64").replace(/.{76}/g, "$&\r\n");
  const mail = `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${packed}\r\n`;
  const parsed = await simpleParser(mail, { skipTextToHtml: true, skipImageLinks: true });
  const text = (parsed.text ?? "").trim();
  const remark = `[Left out: ${droppedChars} characters the sender made invisible.]`;
  return { text: droppedChars === 0 ? text : `${text}\n\n${remark}`.trim(), isCut };
}
