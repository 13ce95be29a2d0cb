import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { withTempDir } from "@nightdesk/testkit";
import { buildTree } from "../src/build-tree.ts";
import { createCommitSigner } from "../src/git/commit-signer.ts";
import { BASE_REF, ensureGitDir, writeRef } from "../src/git/git-dir.ts";
import { packGitDir } from "../src/git/maintain-git-dir.ts";
import { createNodeObjectStore } from "../src/git/node-object-store.ts";
import { EMPTY_TREE, type Oid } from "../src/git/oid.ts";
import { makeCommit } from "../src/make-commit.ts";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";

const TASKS = 40;
const FINISHED = 500;
/** 2.4 KB [m]: a mail and its draft, four signed commits, and what changed of their folders. */
const MAX_BYTES_A_TASK = 3_500;

const signer = createCommitSigner(
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
);

async function sizeOf(folder: string): Promise<{ loose: number; bytes: number }> {
  const names = await readdir(folder, { recursive: true });
  let bytes = 0;
  for (const name of names) {
    const found = await stat(join(folder, name));
    if (found.isFile()) bytes += found.size;
  }
  return { loose: names.filter((name) => /^[0-9a-f]{2}.[0-9a-f]{38}$/.test(name)).length, bytes };
}

it("packing keeps what no ref names yet, under a reader's hands, and a task's whole life small", () =>
  withTempDir(async (gitDir) => {
    await ensureGitDir(gitDir, "file");
    const options = { gitDir, env: process.env };
    const store = createNodeObjectStore(options);
    let commit: Oid | null = null;
    const step = async (tree: Oid) => {
      const summary = { created: [], changed: [], removed: [], moved: [] };
      commit = await makeCommit(store, signer, {
        agent: "local",
        parent: commit,
        tree,
        summary,
        takesBack: false,
        atMs: 1_700_000_000_000,
      });
    };
    const done = await Promise.all(
      Array.from({ length: FINISHED }, async (_, n) => ({
        path: `Done/2026-11/${fileOf(TASKS + n)}`,
        oid: await store.writeBlob(Buffer.from(`finished ${n}`)),
      })),
    );
    let tree = await buildTree(store, EMPTY_TREE, done);
    await step(tree);
    await writeRef(gitDir, BASE_REF, commit ?? "");
    await packGitDir(options);
    const before = await sizeOf(join(gitDir, "objects"));
    for (let n = 0; n < TASKS; n += 1) {
      const mail = await store.writeBlob(Buffer.from(mailNote(n)));
      const reply = await store.writeBlob(Buffer.from(replyNote(n)));
      const folders = [
        "Needs_Action/cloud-email",
        "In_Progress/cloud",
        "Pending_Approval/email",
        "Done/2026-11",
      ];
      for (const [at, folder] of folders.entries()) {
        const gone = at === 0 ? [] : [{ path: `${folders[at - 1]}/${fileOf(n)}`, oid: null }];
        tree = await buildTree(store, tree, [
          ...gone,
          { path: `${folder}/${fileOf(n)}`, oid: at < 2 ? mail : reply },
        ]);
        await step(tree);
      }
    }
    await writeRef(gitDir, BASE_REF, commit ?? "");
    const unnamed = await store.writeBlob(randomBytes(100));
    await packGitDir(options);
    const after = await sizeOf(join(gitDir, "objects"));
    assert.equal(after.loose, 0);
    assert.equal((await store.readBlob(unnamed, 1_000)).length, 100);
    assert.equal((await store.readCommit(commit ?? "")).tree, tree);
    await store.close();
    const each = (after.bytes - before.bytes) / TASKS;
    assert.ok(each < MAX_BYTES_A_TASK, `${Math.round(each)} bytes a task`);
  }));
