import { simpleParser } from "mailparser";
import { MAX_HTML_CHARS } from "../limits.ts";

/**
 * Plain text of HTML, with the targets of links written out beside their text. mailparser brings the
 * converter but applies it only to some layouts, so the HTML is given to it once more as a mail of its own.
 */
export async function htmlToText(html: string): Promise<{ text: string; isCut: boolean }> {
  const isCut = html.length > MAX_HTML_CHARS;
  const packed = Buffer.from(html.slice(0, MAX_HTML_CHARS), "utf8")
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n");
  const mail = `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${packed}\r\n`;
  const parsed = await simpleParser(mail, { skipTextToHtml: true, skipImageLinks: true });
  return { text: (parsed.text ?? "").trim(), isCut };
}
