import MarkdownIt, { type Token } from "markdown-it";
import { takeApart } from "./find-active.ts";
import { CANARY_HOST } from "./techniques.ts";

/**
 * A note as a page, by rules at least as eager as Obsidian's reading view with its common plugins: raw HTML
 * is let through, and whatever Obsidian or a plugin would run or load becomes an element that asks our server.
 * A page that asks nothing had nothing in it to ask with.
 */
const markdown = new MarkdownIt({ html: true, linkify: true, breaks: true });
markdown.linkify.set({ fuzzyLink: false });
markdown.linkify.add("//", null);

const asks = (what: string) => `<img alt="" src="http://${CANARY_HOST}/c/${what}">`;

markdown.renderer.rules["fence"] = (tokens, index) => {
  const language = tokens[index]?.info.trim() ?? "";
  return language === "" ? "<pre></pre>" : asks(`block-${encodeURIComponent(language.slice(0, 20))}`);
};
markdown.renderer.rules["code_inline"] = (tokens, index) =>
  /^\s*(?:\$?=|INPUT|VIEW|BUTTON|js:|dice:)/.test(tokens[index]?.content ?? "")
    ? asks("inline")
    : "<code></code>";
markdown.inline.ruler.before("link", "embed", (state, silent) => {
  const end = state.src.startsWith("![[", state.pos) ? state.src.indexOf("]]", state.pos) : -1;
  if (end < 0) return false;
  if (!silent) state.push("html_inline", "", 0).content = asks("embed");
  state.pos = end + 2;
  return true;
});

/** The page's inside: properties, callouts with their titles, the rest as Markdown. */
export function renderNoteBody(note: string): string {
  const { body } = takeApart(note);
  // Templater runs before anything is parsed; a comment is taken out before it, too.
  const templated = body.replaceAll(/<%[\s\S]*?%>/g, asks("templater"));
  const tokens = markdown.parse(templated.replaceAll(/%%[\s\S]*?%%/g, ""), {});
  return markdown.renderer.render(makeCallouts(tokens), markdown.options, {});
}

/** A quote that begins with `[!kind]` becomes Obsidian's box; with a minus it is folded. */
function makeCallouts(tokens: readonly Token[]): Token[] {
  return tokens.map((token, index) => {
    const inline = tokens[index + 2];
    if (token.type !== "blockquote_open" || inline?.type !== "inline") return token;
    const mark = /^\[!([a-z]+)\]([-+]?) ?/i.exec(inline.content);
    if (!mark) return token;
    token.attrSet("class", `callout ${mark[2] === "-" ? "is-folded" : ""}`);
    token.attrSet("data-callout", (mark[1] ?? "").toLowerCase());
    const [first] = inline.children ?? [];
    if (first?.type === "text") first.content = first.content.slice(mark[0].length);
    return token;
  });
}

export function wrapPage(body: string, style = ""): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>note</title><style>${style}</style></head><body>${body}</body></html>`;
}
