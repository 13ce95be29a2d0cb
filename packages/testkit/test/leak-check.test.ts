import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { basename } from "node:path";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createTempDir, startLeakCheck, waitFor } from "@nightdesk/testkit";

test("a clean test passes", async () => {
  const check = await startLeakCheck();
  await check.assertNone();
});

test("a server left listening and a folder left behind are named, and forgiven once they are gone", async () => {
  const check = await startLeakCheck({ graceMs: 60 });
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const folder = await createTempDir();
  await assert.rejects(check.assertNone(), (error) => {
    assert.ok(NightdeskError.is(error, "LEAK_FOUND"));
    assert.deepEqual(error.data["handles"], ["TCPServerWrap"]);
    assert.deepEqual(error.data["tempDirs"], [basename(folder.path)]);
    return true;
  });
  server.close();
  await folder.remove();
  await check.assertNone();
});

test(
  "a process that detached itself is found by its marker",
  { skip: process.platform !== "linux" && "needs /proc" },
  async () => {
    const marker = `NIGHTDESK_LEAK_TEST=${process.pid}`;
    const check = await startLeakCheck({ marker, graceMs: 60 });
    // The shell ends at once, so the sleeper is nobody's descendant of ours any more.
    const shell = spawn("sh", ["-c", "sleep 60 >/dev/null 2>&1 & echo $!"], {
      env: { ...process.env, NIGHTDESK_LEAK_TEST: String(process.pid) },
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let printed = "";
    shell.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    await once(shell, "close");
    const pid = Number(printed);
    try {
      const leaks = await waitFor(
        async () => {
          const found = await check.look();
          return found.processes.length > 0 && found;
        },
        { what: "the sleeper to be seen" },
      );
      assert.deepEqual(leaks.processes, [`${pid} sleep 60`]);
    } finally {
      process.kill(pid, "SIGKILL");
    }
    await check.assertNone();
  },
);
