import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Role } from "@nightdesk/claim-lib";
import { makeTaskName, taskKey } from "@nightdesk/claim-lib";
import fc from "fast-check";
import { mergedTree, planSync, stepChanges, type Plan } from "../src/plan.ts";
import { withChanges, type VaultTree } from "../src/vault-index.ts";

const oid = (text: string) => Buffer.from(text.padEnd(20, "_")).toString("hex").slice(0, 40);
const NAMES = [1, 2, 3].map((n) =>
  makeTaskName({
    date: "2026-11-21",
    who: `Who ${n}`,
    subject: "Hello",
    id: `em_000000000000000${n}`,
    rev: 1,
  }),
);
const [NOTE = ""] = NAMES;
const FOLDERS = [
  "Needs_Action/cloud-email",
  "In_Progress/cloud",
  "In_Progress/local",
  "Pending_Approval/email",
  "Approved",
  "Rejected",
  "Done/2026-11",
  "Needs_Attention",
];
const FILES = [
  "Dashboard.md",
  "Company_Handbook.md",
  "Plans/cloud-email/plan.md",
  "Logs/cloud/2026-11-21.jsonl",
];

const tree = (entries: Record<string, string>): VaultTree =>
  new Map(Object.entries(entries).map(([path, text]) => [path, oid(text)]));

/** One location for each task on each side, any text of a few, and a few plain files. */
const anyTree = fc
  .tuple(
    fc.tuple(
      ...NAMES.map(() => fc.option(fc.tuple(fc.constantFrom(...FOLDERS), fc.constantFrom("a", "b", "c")))),
    ),
    fc.tuple(...FILES.map(() => fc.option(fc.constantFrom("a", "b", "c")))),
  )
  .map(([tasks, files]) => {
    const entries: [string, string][] = [];
    tasks.forEach((task, i) => task && entries.push([`${task[0]}/${NAMES[i]}`, oid(`${task[1]}${i}`)]));
    files.forEach((text, i) => text && entries.push([FILES[i] ?? "", oid(`${text}f${i}`)]));
    return new Map(entries) as VaultTree;
  });
const anyRole = fc.constantFrom<Role>("cloud", "local");

function allSteps(plan: Plan) {
  return plan.units.flatMap((unit) => unit.steps);
}

function sorted(map: VaultTree) {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe("plan, for any three trees", () => {
  it("ours with the steps done, and theirs with what is published, are the same tree", () => {
    fc.assert(
      fc.property(anyTree, anyTree, anyTree, anyRole, (base, ours, theirs, role) => {
        const plan = planSync(base, ours, theirs, role);
        const onDisk = mergedTree(ours, plan);
        const published = withChanges(
          theirs,
          plan.units.flatMap((unit) => unit.publish),
        );
        assert.deepEqual(sorted(onDisk), sorted(published));
      }),
    );
  });

  it("no task is ever in two places", () => {
    fc.assert(
      fc.property(anyTree, anyTree, anyTree, anyRole, (base, ours, theirs, role) => {
        const keys = [...mergedTree(ours, planSync(base, ours, theirs, role)).keys()]
          .map(taskKey)
          .filter((key) => key !== null);
        assert.equal(new Set(keys).size, keys.length);
      }),
    );
  });

  it("no text that somebody wrote since the base is lost", () => {
    fc.assert(
      fc.property(anyTree, anyTree, anyTree, anyRole, (base, ours, theirs, role) => {
        const plan = planSync(base, ours, theirs, role);
        const kept = new Set(mergedTree(ours, plan).values());
        const known = new Set(base.values());
        for (const [path, text] of [...ours, ...theirs]) {
          if (known.has(text) || path === "Dashboard.md") continue;
          assert.ok(kept.has(text), `the text at ${path} is gone`);
        }
      }),
    );
  });

  it("after any first part of the steps, planning again leads to the same tree", () => {
    fc.assert(
      fc.property(anyTree, anyTree, anyTree, anyRole, fc.nat(), (base, ours, theirs, role, seed) => {
        const plan = planSync(base, ours, theirs, role);
        const steps = allSteps(plan);
        const done = steps.slice(0, seed % (steps.length + 1));
        const between = withChanges(ours, done.flatMap(stepChanges));
        const again = planSync(base, between, theirs, role);
        assert.deepEqual(sorted(mergedTree(between, again)), sorted(mergedTree(ours, plan)));
      }),
      { numRuns: 1000 },
    );
  });

  it("once both sides have it, there is nothing left to do", () => {
    fc.assert(
      fc.property(anyTree, anyTree, anyTree, anyRole, (base, ours, theirs, role) => {
        const merged = mergedTree(ours, planSync(base, ours, theirs, role));
        assert.deepEqual(planSync(merged, merged, merged, role).units, []);
        assert.deepEqual(
          planSync(theirs, merged, theirs, role).units.flatMap((unit) => unit.steps),
          [],
        );
      }),
    );
  });

  it("whichever replica plans, the same side wins, except between two claims, where the remote does", () => {
    fc.assert(
      fc.property(anyTree, anyTree, anyTree, (base, a, b) => {
        const byCloud = mergedTree(a, planSync(base, a, b, "cloud"));
        const byLocal = mergedTree(b, planSync(base, b, a, "local"));
        for (const [i, name] of NAMES.entries()) {
          const placeIn = (side: VaultTree) =>
            [...side.keys()].find((path) => path.endsWith(`/${name}`)) ?? null;
          const [atBase, atCloud, atLocal] = [placeIn(base), placeIn(a), placeIn(b)];
          const bothMoved = atCloud !== atBase && atLocal !== atBase && atCloud !== atLocal;
          if (bothMoved && !isWord(atBase, atLocal)) continue;
          assert.equal(placeIn(byCloud), placeIn(byLocal), `task ${i}`);
          const place = placeIn(byCloud);
          if (place !== null) assert.equal(byCloud.get(place), byLocal.get(place), `text of task ${i}`);
        }
      }),
    );
  });
});

function isWord(base: string | null, path: string | null): boolean {
  if (path === null) return false;
  if (path.startsWith("In_Progress/local/")) return !base?.startsWith("Needs_Action/");
  return /^(Approved|Rejected|Done|Needs_Attention)\//.test(path);
}

describe("plan, case by case", () => {
  const at = (folder: string, text = "x") => tree({ [`${folder}/${NOTE}`]: text });
  const base = at("Needs_Action/cloud-email");

  it("of two claims the one on the remote wins and ours is undone by one rename", () => {
    const plan = planSync(base, at("In_Progress/cloud"), at("In_Progress/local"), "cloud");
    assert.deepEqual(allSteps(plan), [
      { kind: "move", from: `In_Progress/cloud/${NOTE}`, to: `In_Progress/local/${NOTE}`, oid: oid("x") },
    ]);
    assert.deepEqual(plan.units[0]?.publish, []);
    const mirrored = planSync(base, at("In_Progress/local"), at("In_Progress/cloud"), "local");
    assert.deepEqual(
      [...mergedTree(at("In_Progress/local"), mirrored).keys()],
      [`In_Progress/cloud/${NOTE}`],
    );
  });

  it("an execution on the laptop beats a cloud that moved the same task, whoever was first", () => {
    const pending = at("Pending_Approval/email");
    const executed = at("In_Progress/local");
    const cloud = at("Done/2026-11");
    assert.deepEqual(
      [...mergedTree(executed, planSync(pending, executed, at("In_Progress/cloud"), "local")).keys()],
      [...executed.keys()],
    );
    assert.deepEqual(
      [
        ...mergedTree(
          at("In_Progress/cloud"),
          planSync(pending, at("In_Progress/cloud"), executed, "cloud"),
        ).keys(),
      ],
      [...executed.keys()],
    );
    assert.notDeepEqual(cloud, executed);
  });

  it("the owner's edit follows the cloud's claim", () => {
    const ours = at("Needs_Action/cloud-email", "edited");
    const plan = planSync(base, ours, at("In_Progress/cloud"), "local");
    assert.deepEqual(sorted(mergedTree(ours, plan)), [[`In_Progress/cloud/${NOTE}`, oid("edited")]]);
  });

  it("the cloud's late edit of a note the owner approved does not touch it, and is kept aside", () => {
    const pending = at("Pending_Approval/email");
    const ours = at("Approved");
    const plan = planSync(pending, ours, at("Pending_Approval/email", "changed"), "local");
    const merged = mergedTree(ours, plan);
    assert.equal(merged.get(`Approved/${NOTE}`), oid("x"));
    assert.equal(merged.size, 2);
    assert.match(
      [...merged.keys()].find((path) => path.startsWith("Needs_Attention/")) ?? "",
      /other text [0-9a-f]{12}\)\.md$/,
    );
  });

  it("a copy the owner made stays where it is and is not published, and neither is its original's going", () => {
    const copied = new Map([...base, ...at("Needs_Attention")]);
    const twoNew = new Map([...at("Needs_Attention"), ...at("Rejected")]);
    for (const ours of [copied, twoNew]) {
      const plan = planSync(base, ours, base, "local");
      assert.deepEqual(sorted(mergedTree(ours, plan)), sorted(ours));
      assert.ok(plan.units.every(({ isCopy }) => isCopy));
    }
  });
});
