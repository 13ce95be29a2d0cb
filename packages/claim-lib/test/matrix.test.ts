import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { areaOf, isSyncedPath, MATRIX, mayDo, type Right, type Role } from "../src/index.ts";

const TASK = "2026-11-21 Anna - Angebot ~em_0123456789abcdef-r1.md";
const rights: Right[] = ["create", "modify", "append", "moveOut", "delete"];
const anyRight = fc.constantFrom(...rights);
const box = { interruptAfterTimeLimit: 3_000, numRuns: 3_000 };

/** Every place the table names, with a name that is legal there. */
const anyPlace = fc.constantFrom(...MATRIX.map((area) => area.pattern)).map((pattern) => {
  const parts = pattern.replace("cloud-*", "cloud-email").replace("local-*", "local-files").split("/");
  return parts
    .map((part, index) => (part !== "*" ? part : index === parts.length - 1 ? TASK : "2026-11"))
    .join("/");
});

test("the cloud can create nothing where a decision or an effect is recorded", () => {
  const decided = [
    "Approved",
    "Rejected",
    "Scheduled",
    "Snoozed",
    "Expired",
    "Needs_Attention",
    "In_Progress/local",
    "Logs/local",
    "Accounting",
    "Briefings",
    "Inbox",
    "Needs_Action/local-payments",
  ];
  for (const folder of decided) {
    for (const right of rights)
      assert.equal(mayDo("cloud", right, `${folder}/${TASK}`), false, `${right} ${folder}`);
  }
  for (const file of ["Dashboard.md", "Company_Handbook.md", "How_I_Write.md", "Approvals.base", "STOP.md"]) {
    for (const right of rights) assert.equal(mayDo("cloud", right, file), false, `${right} ${file}`);
  }
});

test("what waits for the owner is create-only for the cloud: never changed, never taken away", () => {
  assert.equal(mayDo("cloud", "create", `Pending_Approval/email/${TASK}`), true);
  for (const right of ["modify", "append", "moveOut", "delete"] as const) {
    assert.equal(mayDo("cloud", right, `Pending_Approval/email/${TASK}`), false);
  }
});

test("what the table does not name is refused for both, whatever it is", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      anyRight,
      fc.constantFrom<Role>("cloud", "local"),
      (parts, right, role) => {
        const path = parts.join("/");
        if (areaOf(path) === null) assert.equal(mayDo(role, right, path), false);
      },
    ),
    box,
  );
  for (const path of [
    ".obsidian/plugins/x/main.js",
    ".git/config",
    "Approved/../.git/hooks/x.md",
    "Notes/a.md",
    "Approved/a/b.md",
    `approved/${TASK}`,
    "Dashboard.md/x.md",
    ".gitattributes",
    "Inbox/con.md",
    "Inbox/a.exe",
    "Inbox/GIT~1.md",
    "Inbox/x .md/y.md",
    "Inbox/a\u202eb.md",
  ]) {
    assert.equal(areaOf(path), null, path);
  }
});

test("a file that is not a task note has no place in a task folder", () => {
  assert.equal(areaOf("Approved/my thoughts.md"), null);
  assert.equal(areaOf(`Approved/${TASK}`)?.holds, "task");
});

test("whatever the cloud may do, the laptop may do as well, but for records and the cloud's own status", () => {
  fc.assert(
    fc.property(anyPlace, anyRight, (path, right) => {
      if (/^(Logs\/cloud|Cloud_Status)/.test(path)) return;
      if (mayDo("cloud", right, path)) assert.equal(mayDo("local", right, path), true, `${right} ${path}`);
    }),
    box,
  );
});

test("nothing syncs but markdown and state", () => {
  for (const path of ["Inbox/.env", "Inbox/token.pem", "Inbox/photo.png", "Inbox/run.sh", "Inbox/x.md.exe"])
    assert.equal(isSyncedPath(path), false, path);
  for (const path of ["Inbox/a.md", "Inbox/a.yaml", "Inbox/a.json", "Inbox/a.jsonl", "Approvals.base"])
    assert.equal(isSyncedPath(path), true, path);
});
