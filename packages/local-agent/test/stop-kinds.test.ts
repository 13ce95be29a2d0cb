import assert from "node:assert/strict";
import { mkdir, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { findHalt } from "../src/find-halt.ts";

test("STOP.md stops whatever it is: a link or a folder is meant as well", async () => {
  for (const make of [mkdir, (path: string) => symlink("elsewhere.md", path)]) {
    const vault = await mkdtemp(join(tmpdir(), "nd-stop-"));
    const ports = { files: createNodeVaultFiles(vault), readState: async () => null };
    assert.equal(await findHalt(ports), null);
    await make(join(vault, "STOP.md"));
    assert.match((await findHalt(ports)) ?? "", /STOP\.md/);
  }
});
