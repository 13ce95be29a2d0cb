import { DomUtils, parseDocument } from "htmlparser2";
import { contrastOf, parseColor, type Color } from "./parse-color.ts";
import { createStyleReader, type Styles } from "./read-styles.ts";

type Element = ReturnType<typeof DomUtils.getElementsByTagName>[number];
type Node = Element["children"][number];

/** What an element's children take over from it. */
interface Inherited {
  /** Null: not known, so nothing is concluded from it. */
  color: Color | null;
  background: Color | null;
  fontPx: number;
  isInvisible: boolean;
}

const PLAIN: Inherited = {
  color: { red: 0, green: 0, blue: 0, alpha: 1 },
  background: { red: 255, green: 255, blue: 255, alpha: 1 },
  fontPx: 16,
  isInvisible: false,
};
/** Browsers give links a colour of their own. */
const LINK_COLOR: Color = { red: 0, green: 0, blue: 238, alpha: 1 };
/** Light grey on white has 1.6; under this nobody can read it. */
const MIN_CONTRAST = 1.25;
const MIN_FONT_PX = 3;
const FAR_PX = 500;
/** Elements within elements; a mail library stops long before. */
const MAX_DEPTH = 400;

/**
 * HTML without the text that a usual mail program does not show: text made invisible is a way to say one
 * thing to a reader and another to whoever drafts the answer.
 */
export function dropHidden(html: string): { html: string; droppedChars: number } {
  const document = parseDocument(html);
  const stylesOf = createStyleReader(document);
  let droppedChars = 0;
  const drop = (node: Node) => {
    droppedChars += DomUtils.textContent(node).trim().length;
    DomUtils.removeElement(node);
  };
  const visit = (nodes: readonly Node[], inherited: Inherited, depth: number): void => {
    for (const node of nodes.slice()) {
      if ("attribs" in node) {
        if (isMute(node.name)) {
          DomUtils.removeElement(node);
          continue;
        }
        const styles = stylesOf(node);
        const own = inherit(node, styles, inherited);
        if (depth > MAX_DEPTH || isTakenAway(node, styles)) drop(node);
        else visit(node.children, own, depth + 1);
      } else if (node.type === "text" && isUnseen(inherited) && DomUtils.textContent(node).trim() !== "") {
        drop(node);
      }
    }
  };
  visit(document.children, PLAIN, 0);
  return { html: DomUtils.getOuterHTML(document), droppedChars };
}

/** What is no text for a reader in any case. */
function isMute(name: string): boolean {
  return name === "style" || name === "script" || name === "title" || name === "head";
}

/** The element and all in it: nothing inside can make itself seen again. */
function isTakenAway(element: Element, styles: Styles): boolean {
  const { attribs } = element;
  const get = (name: string) => styles.get(name) ?? "";
  if (
    element.name === "template" ||
    "hidden" in attribs ||
    attribs["aria-hidden"]?.trim().toLowerCase() === "true"
  )
    return true;
  if (/^none\b/.test(get("display")) || /^all\b/.test(get("mso-hide"))) return true;
  if (/^hidden\b/.test(get("content-visibility"))) return true;
  if (isNothing(get("opacity"), 0.06) || /opacity\(\s*(?:0*\.?0*[0-5]?%?)\s*\)/.test(get("filter")))
    return true;
  if (/alpha\(opacity=\s*[0-5]\s*\)/.test(get("filter"))) return true;
  return hasNoRoom(attribs, get) || isElsewhere(get) || isClipped(get);
}

function hasNoRoom(attribs: Record<string, string>, get: (name: string) => string): boolean {
  if (["max-height", "max-width"].some((name) => isTiny(get(name)))) return true;
  const isCut = /hidden|clip/.test(get("overflow") + get("overflow-x") + get("overflow-y"));
  if (isCut && ["height", "width", "line-height"].some((name) => isTiny(get(name)))) return true;
  const none = (name: string) => isTiny(get(name)) || isTiny(attribs[name] ?? "");
  return none("width") && none("height");
}

function isElsewhere(get: (name: string) => string): boolean {
  const isFar = (name: string) =>
    Math.abs(lengthPx(get(name), 16) ?? 0) >= FAR_PX && get(name).startsWith("-");
  if (isFar("text-indent") || isFar("margin-left") || isFar("margin-top") || isFar("margin")) return true;
  if (/translate[xy]?\([^)]*-\s*\d{3,}|scale[xy]?\(\s*0*\.?0*\s*[,)]/.test(get("transform"))) return true;
  if (isNothing(get("zoom"), 0.05)) return true;
  const isPlaced = /absolute|fixed|relative/.test(get("position"));
  const isOff = (name: string) => Math.abs(lengthPx(get(name), 16) ?? 0) >= FAR_PX;
  return isPlaced && ["left", "top", "right", "bottom", "inset"].some(isOff);
}

function isClipped(get: (name: string) => string): boolean {
  if (
    /inset\(\s*(?:5\d|[6-9]\d|100)(?:\.\d+)?%|circle\(\s*0|polygon\(\s*0(?:px|%)?\s+0(?:px|%)?\s*\)/.test(
      get("clip-path"),
    )
  )
    return true;
  const sides = /rect\(([^)]*)\)/.exec(get("clip"))?.[1]?.match(/-?[\d.]+/g);
  return sides !== undefined && sides !== null && sides.every((side) => Math.abs(Number(side)) <= 1);
}

function inherit(element: Element, styles: Styles, parent: Inherited): Inherited {
  const visibility = styles.get("visibility");
  const isInvisible = visibility === undefined ? parent.isInvisible : /^(?:hidden|collapse)/.test(visibility);
  return {
    color: colorOf(element, styles, parent),
    background: backgroundOf(element, styles, parent),
    fontPx: fontOf(styles, parent.fontPx),
    isInvisible,
  };
}

function colorOf(element: Element, styles: Styles, parent: Inherited): Color | null {
  const given =
    styles.get("-webkit-text-fill-color") ??
    styles.get("color") ??
    (element.name === "font" || element.name === "body"
      ? (element.attribs["color"] ?? element.attribs["text"])
      : undefined);
  if (given === undefined || /^(?:inherit|unset)/.test(given))
    return element.name === "a" && element.attribs["href"] !== undefined ? LINK_COLOR : parent.color;
  return parseColor(given);
}

function backgroundOf(element: Element, styles: Styles, parent: Inherited): Color | null {
  if (/url\(|gradient\(/.test(`${styles.get("background")} ${styles.get("background-image")}`)) return null;
  if (element.attribs["background"] !== undefined) return null;
  const given = styles.get("background-color") ?? styles.get("background") ?? element.attribs["bgcolor"];
  if (given === undefined || /^(?:inherit|none|transparent|initial|unset)/.test(given))
    return parent.background;
  const color = parseColor(given);
  return color?.alpha === 0 ? parent.background : color;
}

function fontOf(styles: Styles, parentPx: number): number {
  const given =
    styles.get("font-size") ??
    /(?:^|\s)([\d.]+(?:px|pt|em|rem|%)|0(?=[\s/]))/.exec(styles.get("font") ?? "")?.[1];
  return given === undefined ? parentPx : (lengthPx(given, parentPx) ?? parentPx);
}

function isUnseen({ color, background, fontPx, isInvisible }: Inherited): boolean {
  if (isInvisible || fontPx < MIN_FONT_PX) return true;
  if (color === null) return false;
  if (color.alpha < 0.06) return true;
  return background !== null && color.alpha === 1 && contrastOf(color, background) < MIN_CONTRAST;
}

/** A length in pixels; null where it is none. */
function lengthPx(text: string, fontPx: number): number | null {
  const match = /^(-?[\d.]+)\s*(px|pt|em|rem|ex|ch|vw|vh|in|cm|mm|%)?/.exec(text.trim());
  if (!match) return null;
  const value = Number(match[1]);
  if (!Number.isFinite(value)) return null;
  const factors: Record<string, number> = {
    pt: 1.33,
    em: fontPx,
    rem: 16,
    ex: 8,
    ch: 8,
    vw: 10,
    vh: 8,
    in: 96,
    cm: 38,
    mm: 3.8,
  };
  const unit = match[2] ?? "px";
  return unit === "%" ? (value / 100) * fontPx : value * (factors[unit] ?? 1);
}

/** Room for no letter. A height of `auto` or in percent says nothing. */
function isTiny(text: string): boolean {
  if (text === "" || (/%/.test(text) && !text.trim().startsWith("0"))) return false;
  const px = lengthPx(text, 16);
  return px !== null && px < 2;
}

function isNothing(text: string, limit: number): boolean {
  const match = /^(\d*\.?\d+)\s*(%?)/.exec(text.trim());
  return match !== null && Number(match[1]) / (match[2] === "%" ? 100 : 1) < limit;
}
