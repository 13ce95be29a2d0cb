import type { MailLine } from "./mail-line.ts";

/** A line's own fields win over headers of the same name. */
const OWN_HEADERS = new Set([
  "from",
  "to",
  "subject",
  "date",
  "content-type",
  "content-transfer-encoding",
  "mime-version",
]);
const HEADER_NAME = /^[!-9;-~]{1,200}$/;

/**
 * The mail of a line as the bytes a server would have: so that a line's fields and a mail's bytes take the same way
 * through the same decoder.
 */
export function buildRawMail(mail: Exclude<MailLine, { raw: string }>): Buffer {
  const given = Object.entries(mail.headers ?? {})
    .filter(([name]) => HEADER_NAME.test(name) && !OWN_HEADERS.has(name.toLowerCase()))
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${oneLine(one)}`));
  const isHtml = /^\s*(?:<!doctype html|<html[\s>])/i.test(mail.body) || isHtmlType(mail.headers);
  const lines = [
    `From: ${addressLine(mail.from)}`,
    ...[mail.to]
      .flat()
      .filter((one) => one.trim() !== "")
      .map((one) => `To: ${addressLine(one)}`),
    `Subject: ${oneLine(mail.subject)}`,
    ...(mail.date === "" ? [] : [`Date: ${oneLine(mail.date)}`]),
    ...given,
    "MIME-Version: 1.0",
    `Content-Type: text/${isHtml ? "html" : "plain"}; charset=utf-8`,
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from(mail.body, "utf8").toString("base64").replace(/.{76}/g, "$&\r\n"),
    "",
  ];
  return Buffer.from(lines.join("\r\n"), "utf8");
}

function isHtmlType(headers: Exclude<MailLine, { raw: string }>["headers"]): boolean {
  return Object.entries(headers ?? {}).some(
    ([name, value]) =>
      name.toLowerCase() === "content-type" && /^\s*text\/html/i.test(String([value].flat()[0])),
  );
}

/** A name with a comma in it, written without quotes, is still one name. */
function addressLine(written: string): string {
  const line = oneLine(written);
  const [, name, address] = /^([^"<>]*,[^"<>]*)<([^<>]+)>$/.exec(line) ?? [];
  const isOne = name !== undefined && !name.includes("@");
  return isOne ? `"${name.trim().replaceAll("\\", "")}" <${address}>` : line;
}

function oneLine(value: string): string {
  return value.replace(/[\r\n\0]+/g, " ").trim();
}
