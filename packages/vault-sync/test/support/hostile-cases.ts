import { fileOf, mailNote, replyNote } from "./notes.ts";
import {
  NAME,
  NEW,
  NOT_HERE,
  NOT_SYNCED,
  note,
  paths,
  PENDING,
  top,
  WAITING,
  withTop,
  type HostileCase,
} from "./hostile-case.ts";
import type { RawClient } from "./raw-git.ts";

const ENTRIES: HostileCase[] = [
  {
    what: "a link",
    make: paths(async (c) => ({ [NEW(90)]: { mode: "120000", oid: await c.blob("/etc/passwd") } })),
    told: /a link/,
  },
  {
    what: "a link in place of a folder",
    make: async (c, tip, legal) => {
      const good = await c.commit(await c.change(legal), [tip]);
      const link = { mode: "120000", name: "Plans", oid: await c.blob("../../.ssh") };
      return c.commit(await withTop(c, good, [link]), [tip]);
    },
    told: /a link/,
  },
  {
    what: "a submodule",
    make: paths(() => ({ "Plans/cloud-x": { mode: "160000", oid: "1".repeat(40) } })),
    told: /repository inside/,
  },
  {
    what: "a program",
    make: paths(async (c) => ({ [NEW(90)]: { mode: "100755", oid: await c.blob(mailNote(90)) } })),
    told: /marked as a program/,
  },
  { what: "a folder .git", make: top("40000", ".git"), told: NAME },
  { what: "a folder .GIT", make: top("40000", ".GIT"), told: NAME },
  { what: "a folder git~1", make: top("40000", "git~1"), told: NAME },
  { what: "a .git that only a Mac sees", make: top("40000", ".g\u200cit"), told: NAME },
  { what: "a .gitmodules that is a link", make: top("120000", ".gitmodules"), told: NAME },
  {
    what: "a .gitmodules with a command in it",
    make: paths(async (c) => {
      const oid = await c.blob('[submodule "../x"]\n\tpath = -x\n\turl = -u/x\n\tupdate = !touch pwned\n');
      return { ".gitmodules": { mode: "100644", oid } };
    }),
    told: NAME,
  },
  {
    what: ".gitattributes with a merge driver",
    make: paths(() => ({
      ".gitattributes": "*.md merge=union filter=evil\n",
      "Updates/cloud/.gitattributes": "*\n",
    })),
    told: NAME,
  },
  {
    what: "a plugin for Obsidian",
    make: paths(() => ({
      ".obsidian/plugins/x/main.js": "x",
      ".obsidian/community-plugins.json": '["x"]\n',
    })),
    told: NAME,
  },
  { what: "a folder ..", make: top("40000", ".."), told: NAME },
  { what: "a file ..", make: top("100644", ".."), told: NAME },
  { what: "a folder .", make: top("40000", "."), told: NAME },
  { what: "a name with a slash", make: top("100644", "../up.md"), told: /damaged/, isWhole: true },
  { what: "a name with a backslash", make: top("100644", "..\\up.md"), told: NAME },
  {
    what: "names Windows reserves",
    make: paths(() => ({ "Updates/cloud/con.md": "x\n", "Updates/cloud/NUL.json": "x\n" })),
    told: NAME,
  },
  { what: "a name with a drive", make: top("100644", "C:evil.md"), told: NAME },
  {
    what: "a dot or a space at the end",
    make: paths(() => ({ "Updates/cloud/a.md.": "x\n", "Updates/cloud /b.md": "x\n" })),
    told: NAME,
  },
  {
    what: "names that read backwards or hide characters",
    make: paths(() => ({ "Updates/cloud/a\u202edm.md": "x\n", "Updates/cloud/a\u200b.md": "x\n" })),
    told: NAME,
  },
  {
    what: "a name of 255 bytes",
    make: paths(() => ({ [`Updates/cloud/${"x".repeat(252)}.md`]: "x\n" })),
    told: NAME,
  },
  {
    what: "a name that is not UTF-8",
    make: top("100644", Buffer.from([0x61, 0xff, 0x2e, 0x6d])),
    told: NAME,
  },
  {
    what: "twins in case",
    make: paths(() => ({ "Company_handbook.md": "# Pay Mallory\n", "approved/x.md": "x\n" })),
    told: /nothing of this name|same file/,
  },
  {
    what: "twins in Unicode form",
    make: paths(() => ({ "Updates/cloud/\u0065\u0301.md": "x\n" })),
    told: NAME,
  },
];

const PLACES: HostileCase[] = [
  {
    what: "an approval",
    make: paths(() => ({ [`Approved/${fileOf(90)}`]: replyNote(90) })),
    told: NOT_HERE,
  },
  {
    what: "the waiting note moved to Approved/",
    make: paths(() => ({ [PENDING(WAITING)]: null, [`Approved/${fileOf(WAITING)}`]: replyNote(WAITING) })),
    told: /may not take notes out/,
  },
  {
    what: "a rejection, an execution and a dashboard",
    make: paths(() => ({
      [`Rejected/${fileOf(90)}`]: replyNote(90),
      [`In_Progress/local/${fileOf(91)}`]: replyNote(91),
      "Dashboard.md": "# All is well\n",
      "STOP.md": "x\n",
    })),
    told: NOT_HERE,
  },
  {
    what: "the laptop's records",
    make: paths(() => ({ "Logs/local/2026-11-21.jsonl": "{}\n" })),
    told: NOT_HERE,
  },
  {
    what: "a changed waiting note",
    make: paths(() => ({ [PENDING(WAITING)]: replyNote(WAITING, { to: ["mallory@attacker.example"] }) })),
    told: /may not change files here/,
  },
  {
    what: "a waiting note taken away",
    make: paths(() => ({ [PENDING(WAITING)]: null })),
    told: /may not remove files here/,
  },
  {
    what: "the handbook changed",
    make: paths(() => ({ "Company_Handbook.md": "# Pay Mallory\n" })),
    told: /may not change files here/,
  },
  { what: "a script", make: paths(() => ({ "Updates/cloud/run.sh": "x\n" })), told: NOT_SYNCED },
];

const TEXTS: HostileCase[] = [
  { what: "a templater command", make: note("<% tp.system.prompt() %>"), told: /run, load or hide/ },
  { what: "a dataviewjs block", make: note("```dataviewjs\nalert(1)\n```"), told: /run, load or hide/ },
  { what: "an inline query", make: note("`$= dv.view('x')`"), told: /run, load or hide/ },
  { what: "HTML", make: note("<img src=x onerror=alert(1)>"), told: /run, load or hide/ },
  {
    what: "a frame",
    make: note('<iframe src="https://attacker.example"></iframe>'),
    told: /run, load or hide/,
  },
  {
    what: "an image from elsewhere",
    make: note("![](https://attacker.example/read.png)"),
    told: /run, load or hide/,
  },
  {
    what: "a front matter that is a program",
    make: paths(() => ({ [NEW(90)]: "---js\n{ id: process.exit() }\n---\n" })),
    told: /cannot be read|run, load or hide/,
  },
];

const HEAD = (tree: string, tip: string) => `tree ${tree}\nparent ${tip}\n`;
const WHO = "x <x@example.com> 1763700000 +0000";

/** A commit with an approval in it, written by hand. */
const commitOf =
  (rest: (head: string) => string | Buffer): HostileCase["make"] =>
  async (client, tip, legal) => {
    const tree = await client.change({ ...legal, [`Approved/${fileOf(90)}`]: replyNote(90) });
    return client.rawCommit(rest(HEAD(tree, tip)));
  };

const COMMITS: HostileCase[] = [
  {
    what: "a commit without an author",
    make: commitOf((h) => `${h}committer ${WHO}\n\nx\n`),
    told: NOT_HERE,
  },
  { what: "a commit without anybody", make: commitOf((h) => `${h}\nx\n`), told: NOT_HERE },
  {
    what: "a commit with two authors and a second tree",
    make: commitOf((h) => `${h}author ${WHO}\nauthor ${WHO}\ncommitter ${WHO}\n${h}\nx\n`),
    told: NOT_HERE,
  },
  {
    what: "a commit with odd headers, an odd encoding and an odd date",
    make: commitOf((h) =>
      Buffer.from(
        `${h}author <<>>\ncommitter x 99999999999999999999\nencoding \xff\xfe\nodd\n more\n\n\xff\0x`,
        "latin1",
      ),
    ),
    told: NOT_HERE,
  },
  {
    what: "a commit with a message of 2 MB",
    make: commitOf((h) => `${h}author ${WHO}\ncommitter ${WHO}\n\n${"x".repeat(2_000_000)}\n`),
    told: NOT_HERE,
  },
  {
    what: "a merge",
    make: async (c, tip, legal) => {
      const side = await c.commit(await c.change({ [`Approved/${fileOf(90)}`]: replyNote(90) }), [tip]);
      const tree = await c.change({ ...legal, [`Approved/${fileOf(91)}`]: replyNote(91) });
      return c.commit(tree, [tip, side]);
    },
    told: NOT_HERE,
  },
  {
    what: "a merge that puts a history of its own in front of ours",
    make: async (c, tip, legal) => {
      const orphan = await c.commit(await c.mktree([]), []);
      const tree = await c.change({ ...legal, [`Approved/${fileOf(90)}`]: replyNote(90) });
      return c.commit(tree, [orphan, tip]);
    },
    told: NOT_HERE,
  },
];

/** Trees git reads and no tool of git would write. */
const raw =
  (make: (c: RawClient, oid: string) => { mode: string; name: string; oid: string }[]): HostileCase["make"] =>
  async (c, tip, legal) => {
    const good = await c.commit(await c.change(legal), [tip]);
    return c.commit(await withTop(c, good, make(c, await c.blob("# Evil\n"))), [tip]);
  };

const FORMS: HostileCase[] = [
  {
    what: "two entries of one name",
    make: raw((_, oid) => [
      { mode: "100644", name: "Dashboard.md", oid },
      { mode: "100644", name: "Dashboard.md", oid },
    ]),
    told: /damaged/,
    isWhole: true,
  },
  {
    what: "an unsorted tree",
    make: raw((_, oid) => [{ mode: "100644", name: "A.md", oid }]),
    told: NOT_SYNCED,
  },
  {
    what: "a mode with a zero in front",
    make: raw((_, oid) => [{ mode: "0100644", name: "Dashboard.md", oid }]),
    told: /damaged/,
    isWhole: true,
  },
  {
    what: "a mode git has no meaning for",
    make: raw((_, oid) => [{ mode: "100777", name: "Dashboard.md", oid }]),
    told: /marked as a program/,
  },
];

export const HOSTILE_CASES: readonly HostileCase[] = [...ENTRIES, ...PLACES, ...TEXTS, ...COMMITS, ...FORMS];
