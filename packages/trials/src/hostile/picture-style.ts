/** After the look of Obsidian's default light theme: what an owner sees, without its program. */
export const PICTURE_STYLE = `
* { box-sizing: border-box; }
html { background: #fff; }
body { margin: 0; padding: 26px 34px; width: 100%; color: #222; background: #fff;
  font: 16px/1.5 Inter, "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1.name { font-size: 23px; line-height: 1.3; margin: 0 0 14px; }
h1 { font-size: 25px; } h2 { font-size: 20px; margin: 22px 0 8px; }
p { margin: 0 0 12px; }
.properties { color: #6b6b6b; font-size: 14px; margin: 0 0 14px; }
.properties::after { content: "\\2002\\203A"; }
.callout { border-radius: 5px; padding: 11px 14px; margin: 0 0 14px; background: rgba(8,109,221,.1); }
.callout .title { font-weight: 600; color: #086ddd; }
.callout .title::before { content: "\\25CB\\2002"; }
.callout .content { margin-top: 6px; } .callout .content p:last-child { margin: 0; }
.callout[data-callout=warning] { background: rgba(236,117,0,.1); } .callout[data-callout=warning] .title { color: #c76300; }
.callout[data-callout=danger] { background: rgba(233,49,71,.1); } .callout[data-callout=danger] .title { color: #c3203a; }
.callout[data-callout=success] { background: rgba(8,185,78,.1); } .callout[data-callout=success] .title { color: #067d36; }
.callout[data-callout=quote] { background: rgba(158,158,158,.12); } .callout[data-callout=quote] .title { color: #707070; }
.callout.is-folded .title::after { content: "\\2002\\203A"; }
table { border-collapse: collapse; font-size: 14px; margin: 0 0 14px; }
th, td { border: 1px solid #e0e0e0; padding: 4px 9px; text-align: left; vertical-align: top; }
th { font-weight: 600; background: #fafafa; white-space: nowrap; }
.base { table-layout: fixed; width: 100%; font-size: 13px; }
.phone body { padding: 18px; }
.group { color: #6b6b6b; font-size: 14px; margin: 16px 0 6px; } .group b { color: #222; }
.tabs { color: #6b6b6b; font-size: 14px; margin: 0 0 12px; } .tabs b { color: #222; }
td.note { color: #7a4bd1; }
`;
