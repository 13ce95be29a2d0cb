import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { hashObject } from "@nightdesk/vault-sync";
import { runGit } from "@nightdesk/testkit";
import { putNote, type Machine } from "../../vault-sync/test/support/replicas.ts";
import { proveAudit, type AuditProof } from "../src/doctor/audit/prove-audit.ts";
import { readProvenUpTo, writeProvenUpTo, type ProvenUpTo } from "../src/doctor/audit/proof-file.ts";
import { proveFile } from "../src/doctor/audit/prove-file.ts";
import { giveDoctorWorlds, DAYS, record, type DoctorWorld } from "./doctor-world.ts";
import { sync } from "./repair-world.ts";

describe("the proof of the audit goes on from what was proved before", () => {
  let world: DoctorWorld;
  giveDoctorWorlds((own) => (world = own));

  const prove = ({ vault, state }: Machine, known: ProvenUpTo | null): Promise<AuditProof> =>
    proveAudit(
      { vaultPath: vault, before: known, gitDir: join(state, "git"), env: process.env },
      async () => {},
    );
  const gitOf =
    ({ state }: Machine) =>
    (...args: string[]) =>
      runGit(args, join(state, "git"));

  async function provenOf(machine: Machine): Promise<ProvenUpTo> {
    const { proven } = await prove(machine, null);
    assert.ok(proven);
    await writeProvenUpTo(machine.state, proven);
    const read = await readProvenUpTo(machine.state);
    assert.deepEqual(read, proven);
    return proven;
  }

  it("it comes to the same as reading everything, and finds what is changed after it", async () => {
    const { local } = world;
    const known = await provenOf(local);
    await record(local, "2026-11-22", { action_type: "note_snoozed", target: "em_x" });
    await putNote(local, "Accounting/later.md", "later\n");
    await sync(local);
    const [whole, rest] = [await prove(local, null), await prove(local, known)];
    assert.ok(whole.commits > known.commits);
    assert.deepEqual(
      [rest.commits, rest.claims.lines, rest.offences, rest.proven],
      [whole.commits, whole.claims.lines, whole.offences, whole.proven],
    );

    await writeFile(join(local.vault, `Logs/local/${DAYS[0]}.jsonl`), "{}\n");
    const [found] = (await prove(local, known)).offences;
    assert.equal(found?.path, `Logs/local/${DAYS[0]}.jsonl`);
  });

  it("a history that does not hold what was proved is read anew from its beginning", async () => {
    const { local } = world;
    const known = await provenOf(local);
    const git = gitOf(local);
    const tree = await git("rev-parse", "refs/nightdesk/base^{tree}");
    await git("update-ref", "refs/nightdesk/base", await git("commit-tree", tree, "-m", "anew"));
    const proof = await prove(local, known);
    assert.equal(proof.commits, 1);
    assert.ok(proof.unknownCommits.length > 0);
  });

  it("what a merge brings in from the side is compared as well", async () => {
    const { local } = world;
    const git = gitOf(local);
    const path = `Logs/cloud/${DAYS[1]}.jsonl`;
    const side = await writeCommit(local, path, "{}\n", []);
    const base = await git("rev-parse", "refs/nightdesk/base");
    const tree = await git("rev-parse", "refs/nightdesk/base^{tree}");
    const merge = await git("commit-tree", tree, "-p", side, "-p", base, "-m", "merge");
    await git("update-ref", "refs/nightdesk/base", merge);
    const { offences } = await prove(local, null);
    // Two beginnings of one record: which of them was there first a merge cannot tell.
    assert.deepEqual(
      offences.map((offence) => offence.path),
      [path],
    );
  });

  /** A commit whose tree holds one file alone. */
  async function writeCommit(
    machine: Machine,
    path: string,
    text: string,
    parents: string[],
  ): Promise<string> {
    const git = (args: string[], input: string) => runGit(args, join(machine.state, "git"), { input });
    let entry = `100644 blob ${await git(["hash-object", "-w", "--stdin"], text)}\t${path.split("/").at(-1)}\n`;
    for (const name of path.split("/").slice(0, -1).toReversed())
      entry = `040000 tree ${await git(["mktree"], entry)}\t${name}\n`;
    const tree = await git(["mktree"], entry);
    return git(["commit-tree", tree, ...parents.flatMap((one) => ["-p", one]), "-m", "side"], "");
  }
});

describe("the versions of one record", () => {
  /** A record whose versions have these texts, oldest first; null where it was removed. */
  const given = (texts: readonly (string | null)[]) => {
    const blobs = new Map(
      texts.flatMap((text) =>
        text === null ? [] : [[hashObject("blob", Buffer.from(text)), Buffer.from(text)] as const],
      ),
    );
    const versions = texts.map((text, index) => ({
      oid: text === null ? null : hashObject("blob", Buffer.from(text)),
      mode: "100644",
      commit: `c${index}`,
      atMs: index,
      author: "x",
    }));
    const reader = {
      sizesOf: async (oids: readonly string[]) =>
        new Map(oids.map((oid) => [oid, blobs.get(oid)?.length ?? null])),
      readBlob: async (oid: string) => blobs.get(oid) ?? Buffer.from("missing"),
    };
    return async (onDisk: string | null) =>
      (await proveFile("p", versions, onDisk === null ? null : Buffer.from(onDisk), reader)).offences.map(
        ({ kind, line, lines, by, putBackBy }) => [kind, line, lines, by?.commit ?? "disk", putBackBy],
      );
  };

  it("may only grow: each way of not growing is named once, where it began", async () => {
    assert.deepEqual(await given(["a\n", "a\nb", "a\nb\nc\n"])("a\nb\nc\nd"), []);
    assert.deepEqual(await given([])("new\n"), []);
    assert.deepEqual(await given(["a\nb\n"])("a\n"), [["removed lines", 2, 1, "disk", null]]);
    assert.deepEqual(await given(["a\nb\n"])("a\nB\n"), [["changed", 2, 1, "disk", null]]);
    assert.deepEqual(await given(["a\nb\n"])(null), [["removed file", 1, 2, "disk", null]]);
    assert.deepEqual(await given(["a\nb\n"])(""), [["removed lines", 1, 2, "disk", null]]);
    assert.deepEqual(await given(["a\nb\n", "A\nb\n", "A\nb\nc\n"])("A\nb\nc\n"), [
      ["changed", 1, 1, "c1", null],
    ]);
    assert.deepEqual(await given(["a\nb\n", "b\n", "a\nb\nc\n"])("a\nb\nc\n"), [
      ["removed lines", 1, 1, "c1", "c2"],
    ]);
    assert.deepEqual(await given(["a\n", null, "x\n"])("x\n"), [["removed file", 1, 1, "c1", null]]);
    assert.deepEqual(await given(["a\n", null, "a\nb\n"])("a\nb\n"), [["removed file", 1, 1, "c1", "c2"]]);
    assert.deepEqual(await given(["a\n", "b\n", "a\n", "c\n"])("a\n"), [
      ["changed", 1, 1, "c1", "c2"],
      ["changed", 1, 1, "c3", null],
    ]);
  });
});
