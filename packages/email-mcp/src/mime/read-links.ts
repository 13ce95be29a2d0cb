import { MAX_LINKS, MAX_SCANNED_HTML_CHARS } from "../limits.ts";

/** Where a link leads and what it pretends to be. Never the whole address: that may be the key to an account. */
export interface LinkFacts {
  scheme: string;
  host: string;
  /** The host its visible text names, empty when the text names none. */
  shown_host: string;
  /** Parameters of the query. */
  params: number;
  /** Another address is packed into it. */
  redirects: boolean;
}

/** What of a mail's HTML its text no longer shows. */
export interface HtmlFacts {
  chars: number;
  /** Letters in elements a reader cannot see. */
  hidden_chars: number;
  images: number;
  forms: number;
  scripts: number;
}

const ATTRIBUTE = /([a-z-]{1,20})\s*=\s*(?:"([^"]{0,4000})"|'([^']{0,4000})'|([^\s"'>]{1,4000}))/gi;
const HIDDEN =
  /display:none|visibility:hidden|font-size:(?:0|1px)(?![.\d])|opacity:0(?![.\d])|max-height:0|mso-hide:all/;
const VOID =
  /^(?:br|img|hr|input|meta|link|area|base|col|wbr|source|!doctype|p|li|tr|td|th|tbody|body|html|head|!--)$/;
const TEXT_LINK = /\bhttps?:\/\/[^\s<>"')\]]{1,2000}/gi;
/** Longer tags are data or damage. */
const MAX_TAG_CHARS = 8_000;

/** One pass over the HTML in time linear in its length. Never throws. */
export function readHtmlFacts(html: string): { links: LinkFacts[]; html: HtmlFacts } {
  const scan = createScan(html.slice(0, MAX_SCANNED_HTML_CHARS), html.length);
  for (let at = 0; at < scan.html.length;) {
    const open = scan.html.indexOf("<", at);
    takeText(scan, scan.html.slice(at, open === -1 ? scan.html.length : open));
    if (open === -1) break;
    const isComment = scan.html.startsWith("<!--", open);
    const end = scan.html.indexOf(isComment ? "-->" : ">", open);
    if (end === -1) break;
    if (!isComment) takeTag(scan, scan.html.slice(open + 1, Math.min(end, open + MAX_TAG_CHARS)));
    at = end + (isComment ? 3 : 1);
  }
  closeLink(scan);
  return { links: scan.links, html: scan.facts };
}

/** The links written in a plain text. */
export function readTextLinks(text: string): LinkFacts[] {
  const links: LinkFacts[] = [];
  for (const [address] of text.matchAll(TEXT_LINK)) {
    const facts = describeLink(address, "");
    if (facts) links.push(facts);
    if (links.length >= MAX_LINKS) break;
  }
  return links;
}

interface Scan {
  html: string;
  facts: HtmlFacts;
  links: LinkFacts[];
  /** The link that is open, and its text so far. */
  href: string | null;
  shown: string;
  /** The elements open since one became invisible. */
  hiddenIn: string[];
}

function createScan(html: string, chars: number): Scan {
  const facts = { chars, hidden_chars: 0, images: 0, forms: 0, scripts: 0 };
  return { html, facts, links: [], href: null, shown: "", hiddenIn: [] };
}

function takeText(scan: Scan, text: string): void {
  if (scan.hiddenIn.length > 0 && scan.hiddenIn[0] !== "style" && scan.hiddenIn[0] !== "script")
    scan.facts.hidden_chars += text.replace(/\s+|&\w{1,10};|&#\w{1,8};/g, "").length;
  if (scan.href !== null && scan.shown.length < 300) scan.shown += text.slice(0, 300);
}

function takeTag(scan: Scan, tag: string): void {
  const name = (/^\/?([a-z!][a-z0-9-]{0,20})/i.exec(tag)?.[1] ?? "").toLowerCase();
  if (tag.startsWith("/")) {
    const at = scan.hiddenIn.lastIndexOf(name);
    if (at !== -1) scan.hiddenIn.length = at;
    if (name === "a") closeLink(scan);
    return;
  }
  if (name === "img") scan.facts.images += 1;
  else if (name === "form") scan.facts.forms += 1;
  else if (name === "script") scan.facts.scripts += 1;
  const attributes = readAttributes(tag);
  if (name === "a" || name === "form" || name === "area") {
    closeLink(scan);
    scan.href = attributes.get(name === "form" ? "action" : "href") ?? null;
    if (name !== "a") closeLink(scan);
  }
  const isHidden =
    name === "style" ||
    name === "script" ||
    HIDDEN.test((attributes.get("style") ?? "").toLowerCase().replace(/\s+/g, ""));
  if ((isHidden || scan.hiddenIn.length > 0) && !VOID.test(name) && !tag.endsWith("/"))
    if (scan.hiddenIn.length < 100) scan.hiddenIn.push(name);
}

function closeLink(scan: Scan): void {
  if (scan.href !== null && scan.links.length < MAX_LINKS) {
    const facts = describeLink(scan.href, scan.shown);
    if (facts) scan.links.push(facts);
  }
  scan.href = null;
  scan.shown = "";
}

function readAttributes(tag: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const match of tag.matchAll(ATTRIBUTE)) {
    const name = (match[1] ?? "").toLowerCase();
    if (!attributes.has(name)) attributes.set(name, match[2] ?? match[3] ?? match[4] ?? "");
  }
  return attributes;
}

const SHOWN_HOST = /^\s*(?:https?:\/\/)?((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?:[/?:]\S*)?\s*$/i;

function describeLink(written: string, shown: string): LinkFacts | null {
  const address = written.trim().replaceAll("&amp;", "&").slice(0, 2_000);
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  const scheme = url.protocol.replace(":", "");
  if (!["http", "https", "javascript", "data", "file", "ftp"].includes(scheme)) return null;
  const query = url.search.length > 1 ? url.search.slice(1).split("&").length : 0;
  return {
    scheme,
    host: url.hostname.slice(0, 255),
    shown_host: (SHOWN_HOST.exec(shown.slice(0, 300))?.[1] ?? "").toLowerCase(),
    params: query,
    redirects: /https?(?::|%3a)(?:\/|%2f){2}/i.test(`${url.pathname}${url.search}`),
  };
}
