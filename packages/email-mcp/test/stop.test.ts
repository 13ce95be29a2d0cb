import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { failsWith, openLive } from "./helpers/open-live.ts";

test("STOP.md that comes while Gmail lets the draft wait keeps the mail from going out", async () => {
  const setup = await openLive();
  const vault = await mkdtemp(join(tmpdir(), "nd-stop-"));
  try {
    const live = await setup.start("live", { VAULT_PATH: vault });
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call<{ handle: string }>("email_prepare", { receipt, args });
    await setup.gmail.faults.add({
      match: { method: "GET", path: /\/drafts\// },
      kind: "delay",
      delayMs: 500,
      times: 1,
    });
    const commit = live.call("email_commit", { receipt, handle });
    await writeFile(join(vault, "STOP.md"), "");
    await assert.rejects(commit, failsWith("HALTED", "safe"));
    assert.equal((await setup.gmail.sentMessages()).length, 0);
    await rm(join(vault, "STOP.md"));
    await live.call("email_commit", { receipt, handle });
    assert.equal((await setup.gmail.sentMessages()).length, 1);
  } finally {
    await setup.close();
  }
});
