import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMail } from "../src/mime/parse-mail.ts";

const textOf = async (html: string) => {
  const head = "From: Jo <jo@x.example>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n";
  return (await parseMail(Buffer.from(`${head}<p>BEFORE</p>${html}<p>AFTER</p>`))).text;
};

const HIDDEN = [
  '<div style="display:none">X</div>',
  '<div style="d\\69splay:none!important">X</div>',
  '<div style="visibility:hidden">X</div>',
  '<div style="opacity:0">X</div>',
  '<div style="font-size:0"><b>X</b></div>',
  '<div style="font:0/0 a">X</div>',
  '<div style="color:#fff">X</div>',
  '<div style="background:#222"><font color="#232323">X</font></div>',
  '<div style="color:rgba(0,0,0,0)">X</div>',
  '<div style="position:absolute;left:-9999px">X</div>',
  '<div style="text-indent:-9999px">X</div>',
  '<div style="max-height:0;overflow:hidden">X</div>',
  '<div style="mso-hide:all">X</div>',
  '<div style="clip:rect(0,0,0,0);position:absolute">X</div>',
  "<p hidden>X</p>",
  '<p aria-hidden="true">X</p>',
  "<style>.a .b{display:none}</style><div class=a><p class='c b'>X</p></div>",
  "<style>@media screen{#i{color:white}}</style><p id=i>X</p>",
  '<div style="display:none"><p style="display:block">X</p></div>',
  "<template><p>X</p></template>",
  "<title>X</title>",
  "<!-- X -->",
];

for (const html of HIDDEN) {
  test(`text nobody is shown does not stand in the mail's text: ${html}`, async () => {
    const text = await textOf(html.replace("X", "SECRET"));
    assert.doesNotMatch(text, /SECRET/);
    assert.match(text, /BEFORE[\s\S]*AFTER/);
  });
}

const SEEN = [
  '<p style="color:#999">X</p>',
  '<div style="background:#000;color:#fff">X</div>',
  '<table bgcolor="#000000"><tr><td style="color:white">X</td></tr></table>',
  '<div style="background:url(x.png);color:#fff">X</div>',
  "<style>@media (max-width:600px){.m{display:none}}</style><p class=m>X</p>",
  '<div style="visibility:hidden"><p style="visibility:visible">X</p></div>',
  '<div style="font-size:0"><span style="font-size:14px">X</span></div>',
  '<div style="color:white"><a href="https://x.example">X</a></div>',
  '<p style="margin-left:-20px;opacity:.9;max-height:100%">X</p>',
  '<td width="1">X</td>',
  '<p style="color:var(--unknown)">X</p>',
];

for (const html of SEEN) {
  test(`text that can be seen stays, and nothing is said of hidden text: ${html}`, async () => {
    const text = await textOf(html.replace("X", "SHOWN"));
    assert.match(text, /SHOWN/);
    assert.doesNotMatch(text, /Left out/);
  });
}

test("it is told how much was left out", async () => {
  assert.match(
    await textOf("<p hidden>12345</p>"),
    /\[Left out: 5 characters the sender made invisible\.\]$/,
  );
});

test("hidden text is left out as well where the HTML stands beside a plain part of its own", async () => {
  const parsed = await parseMail(
    Buffer.from(
      'From: jo@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>main words</p><p style="display:none">SECRET</p>\r\n--b\r\nContent-Type: text/plain\r\n\r\nfooter\r\n--b--\r\n',
    ),
  );
  assert.match(parsed.text, /main words[\s\S]*footer/);
  assert.doesNotMatch(parsed.text, /SECRET/);
});

test("a page made to keep the style reader busy is read in seconds", async () => {
  const rules = Array.from({ length: 3_000 }, (_, n) => `.a${n} .b${n} > .c{color:#fff}`).join("");
  const before = process.cpuUsage();
  await textOf(
    `<style>${rules}</style>${"<div class='a1 b2 c'>".repeat(300)}x${"<p class=c>y</p>".repeat(2_000)}`,
  );
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 5_000_000, `${(user + system) / 1000} ms`);
});
