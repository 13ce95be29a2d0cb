import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { waitFor, withTempDir } from "@nightdesk/testkit";
import { createPm2 } from "../src/demo/pm2.ts";
import { findProcesses } from "../src/demo/processes.ts";

const PROJECT_ROOT = resolve(import.meta.dirname, "../../..");

test("PM2 of the demo's own starts what the ecosystem file lists with nothing of our environment, and ends without a trace", async () => {
  await withTempDir(async (root) => {
    // A project of its own with one program that takes a child and refuses to end by itself.
    const pm2Folder = dirname(createRequire(join(PROJECT_ROOT, "package.json")).resolve("pm2/package.json"));
    await mkdir(join(root, "node_modules"));
    await symlink(pm2Folder, join(root, "node_modules", "pm2"));
    await writeFile(join(root, "package.json"), "{}");
    await writeFile(
      join(root, "app.cjs"),
      "process.on('SIGINT', () => {}); require('node:child_process').spawn('sleep', ['60']); require('node:fs').writeFileSync('env.json', JSON.stringify(process.env)); process.send('ready'); setInterval(() => {}, 1000);",
    );
    await writeFile(
      join(root, "ecosystem.config.cjs"),
      `module.exports = { apps: [{ name: "stubborn", script: "app.cjs", cwd: ${JSON.stringify(root)}, wait_ready: true, kill_timeout: 500, autorestart: true }] };`,
    );
    process.env["STRAY_SECRET"] = "not for the demo";
    const pm2 = createPm2({
      home: join(root, "pm2"),
      projectRoot: root,
      env: { PATH: process.env["PATH"] ?? "", HOME: root },
      marks: ["HOME"],
    });
    try {
      assert.deepEqual(await pm2.list(), [], "before the start nothing runs, and asking starts nothing");
      await pm2.start();
      const [stubborn, ...others] = await pm2.list();
      assert.deepEqual([stubborn?.name, stubborn?.status, others.length], ["stubborn", "online", 0]);
      const { default: seen } = await import(join(root, "env.json"), { with: { type: "json" } });
      assert.equal(seen.STRAY_SECRET, undefined);
      assert.equal(seen.HOME, root);

      process.kill(stubborn?.pid ?? 0, "SIGKILL");
      const again = await waitFor(
        async () =>
          (await pm2.list()).find(
            (one) => one.status === "online" && one.pid !== stubborn?.pid && one.pid > 0,
          ),
        { what: "PM2 to start it again", intervalMs: 200 },
      );
      assert.equal(again.restarts, 1);
    } finally {
      delete process.env["STRAY_SECRET"];
      await pm2.kill();
    }
    await waitFor(async () => (await findProcesses([`HOME=${root}`])).length === 0, {
      what: "every process of the run to be gone",
      timeoutMs: 2000,
      describe: () => findProcesses([`HOME=${root}`]),
    });
    await pm2.kill();
  });
});
