import { DomUtils, type parseDocument } from "htmlparser2";

type Element = ReturnType<typeof DomUtils.getElementsByTagName>[number];
export type Document = ReturnType<typeof parseDocument>;
export type Styles = ReadonlyMap<string, string>;

interface Rule {
  /** `p.x > .y` as `p`, `.x`, `.y`: each compound from the right, with how it hangs on the next. */
  parts: { compound: Compound; isChild: boolean }[];
  weight: number;
  declarations: [name: string, value: string][];
}

interface Compound {
  tag: string | null;
  id: string | null;
  classes: string[];
}

/** A sheet may hold thousands of rules, and each is tried on each element. Real mails have some hundred. */
const MAX_RULES = 500;
const MAX_DECLARATIONS = 60;

/**
 * The styles of each element of a mail as its own sheets and attributes give them: enough of CSS to know
 * what is hidden, not a browser's. What holds for some screens only (@media) is left out: phones hide parts
 * of nearly every newsletter.
 */
export function createStyleReader(document: Document): (element: Element) => Styles {
  const rules = readRules(document);
  return (element) => {
    const styles = new Map<string, string>();
    for (const rule of rules) if (matches(element, rule)) put(styles, rule.declarations);
    put(styles, parseDeclarations(element.attribs["style"] ?? ""));
    return styles;
  };
}

/** Later ones win; what is marked important stays. */
function put(styles: Map<string, string>, declarations: readonly [string, string][]): void {
  for (const [name, value] of declarations) {
    const isImportant = /!\s*important/.test(value);
    if (/!/.test(styles.get(name) ?? "") && !isImportant) continue;
    styles.set(name, value);
  }
}

function parseDeclarations(text: string): [string, string][] {
  return text
    .replace(/\/\*[\s\S]*?(?:\*\/|$)/g, " ")
    .split(";", MAX_DECLARATIONS)
    .flatMap((one): [string, string][] => {
      const colon = one.indexOf(":");
      if (colon < 0) return [];
      const name = unescape(one.slice(0, colon)).trim().toLowerCase();
      return [
        [
          name,
          unescape(one.slice(colon + 1))
            .trim()
            .toLowerCase(),
        ],
      ];
    });
}

/** `d\69splay` is `display`. */
function unescape(text: string): string {
  return text.replace(/\\([0-9a-f]{1,6})\s?|\\(.)/gi, (_, hex?: string, char?: string) => {
    const code = hex === undefined ? null : Number.parseInt(hex, 16);
    return code === null ? (char ?? "") : code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

function readRules(document: Document): Rule[] {
  const sheets = DomUtils.getElementsByTagName("style", document, true).map((one) =>
    DomUtils.textContent(one),
  );
  const text = sheets.join("\n").replace(/\/\*[\s\S]*?(?:\*\/|$)|<!--|-->/g, " ");
  const rules: Rule[] = [];
  for (const { 1: selectors = "", 2: body = "" } of withoutMedia(text).matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const declarations = parseDeclarations(body);
    for (const selector of selectors.split(",")) {
      const rule = parseSelector(selector, declarations);
      if (rule) rules.push(rule);
      if (rules.length >= MAX_RULES) return sortByWeight(rules);
    }
  }
  return sortByWeight(rules);
}

function sortByWeight(rules: readonly Rule[]): Rule[] {
  return rules.toSorted((a, b) => a.weight - b.weight);
}

/** Blocks for every screen are opened up, others taken out with all they hold. */
function withoutMedia(text: string): string {
  let out = "";
  let at = 0;
  for (const match of text.matchAll(/@[a-z-]+([^{};]*)(;|\{)/gi)) {
    if (match.index < at) continue;
    out += text.slice(at, match.index);
    at = match.index + match[0].length;
    if (match[2] === ";" || /^\s*(?:all|screen|only screen)?\s*$/i.test(match[1] ?? "")) continue;
    let depth = 1;
    while (at < text.length && depth > 0) {
      if (text[at] === "{") depth += 1;
      if (text[at] === "}") depth -= 1;
      at += 1;
    }
  }
  return out + text.slice(at);
}

function parseSelector(text: string, declarations: Rule["declarations"]): Rule | null {
  const words = text
    .trim()
    .replace(/\s*>\s*/g, " >")
    .split(/\s+/);
  const parts: Rule["parts"] = [];
  let weight = 0;
  for (const word of words.toReversed()) {
    const compound = parseCompound(word.replace(/^>/, ""));
    // A selector not understood is taken for one that does not match: nothing visible is lost by it.
    if (!compound) return null;
    parts.push({ compound, isChild: word.startsWith(">") });
    weight +=
      (compound.id === null ? 0 : 100) + compound.classes.length * 10 + (compound.tag === null ? 0 : 1);
  }
  return { parts, weight, declarations };
}

function parseCompound(word: string): Compound | null {
  const match = /^(\*|[a-z][a-z0-9]*)?((?:[.#][\w-]+|\[(?:class|id)[~*]?=["']?[\w-]+["']?\])*)$/i.exec(word);
  if (!match || word === "") return null;
  const tail = [...(match[2] ?? "").matchAll(/([.#])([\w-]+)|\[(class|id)[~*]?=["']?([\w-]+)["']?\]/gi)].map(
    ([, sign, name, key, value]) => ({ isId: sign === "#" || key === "id", name: name ?? value ?? "" }),
  );
  return {
    tag: match[1] === undefined || match[1] === "*" ? null : match[1].toLowerCase(),
    id: tail.find(({ isId }) => isId)?.name ?? null,
    classes: tail.filter(({ isId }) => !isId).map(({ name }) => name),
  };
}

function matches(element: Element, { parts }: Rule): boolean {
  const [first, ...rest] = parts;
  if (!first || !fits(element, first.compound)) return false;
  let current = element;
  let isChild = first.isChild;
  for (const part of rest) {
    const found = isChild ? parentOf(current) : ancestorOf(current, part.compound);
    if (!found || !fits(found, part.compound)) return false;
    current = found;
    isChild = part.isChild;
  }
  return true;
}

/** The nearest that fits. */
function ancestorOf(element: Element, compound: Compound): Element | null {
  let parent = parentOf(element);
  while (parent && !fits(parent, compound)) parent = parentOf(parent);
  return parent;
}

function parentOf(element: Element): Element | null {
  const parent = element.parent;
  return parent !== null && "attribs" in parent ? parent : null;
}

function fits(element: Element, { tag, id, classes }: Compound): boolean {
  if (tag !== null && element.name !== tag) return false;
  if (id !== null && element.attribs["id"] !== id) return false;
  const own = classes.length === 0 ? [] : (element.attribs["class"] ?? "").split(/\s+/);
  return classes.every((name) => own.includes(name));
}
