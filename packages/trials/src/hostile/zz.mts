import { buildCorpus } from "./build-corpus.ts";
import { makeNotes } from "./make-notes.ts";
import { findActive } from "./find-active.ts";
import { createTempDir } from "@nightdesk/testkit";
import { writeFileSync } from "node:fs";
const n=Number(process.argv[2]??60);
const dir = await createTempDir("hostile");
const t=Date.now();
const mails = buildCorpus(n, 1);
const notes = await makeNotes(mails, dir.path, (l)=>console.log(l));
console.log((Date.now()-t)/1000,"s", notes.length, notes.filter(x=>x.stage==="pending").length, notes.filter(x=>x.stage==="other").map(x=>x.path));
let k=0;
for (const note of notes) {
  const act=findActive(note.text);
  const m=note.mail;
  const bad=[...act];
  if (note.stage!=="other"&&m) { if (m.secret&&note.text.includes(m.secret)) bad.push("SECRET SHOWN"); if (!note.text.includes(m.visible)) bad.push("VISIBLE MISSING"); }
  if (bad.length) { k++; console.log(note.stage, m?.id, m?.place, JSON.stringify(m?.techniques.map(x=>x.text.slice(0,80))), bad.slice(0,6)); }
}
console.log("bad", k);
writeFileSync("/tmp/nd/hostile-notes.json", JSON.stringify(notes.map(n=>({...n,mail:n.mail&&{...n.mail,raw:n.mail.raw.toString()}}))));
await dir.remove();
