import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { z } from "zod";
import { createTempDir, waitFor } from "@nightdesk/testkit";

const PROJECT = join(import.meta.dirname, "../../..");
const PM2 = createRequire(join(PROJECT, "package.json")).resolve("pm2/bin/pm2");

const appSchema = z.object({
  name: z.string(),
  namespace: z.string(),
  script: z.string(),
  args: z.array(z.string()),
  interpreter: z.string(),
  env: z.record(z.string(), z.string()),
});

/** What the file gives PM2 under these variables; or the error's first line. */
function readEcosystem(env: Record<string, string>, file = join(PROJECT, "ecosystem.config.cjs")) {
  const run = spawnSync(
    process.execPath,
    ["-e", "console.log(JSON.stringify(require(process.argv[1]).apps))", file],
    {
      env: { PATH: process.env["PATH"] ?? "", NIGHTDESK_ENV_FILE: "/nowhere/.env", ...env },
      encoding: "utf8",
    },
  );
  if (run.status !== 0)
    return { error: run.stderr.split("\n").find((line) => line.startsWith("Error: ")) ?? run.stderr };
  return { apps: z.array(appSchema).parse(JSON.parse(run.stdout)) };
}

for (const [type, names, mode] of [
  ["cloud", ["cloud-vault-sync", "cloud-email-mcp", "cloud-agent"], "draft"],
  ["local", ["local-vault-sync", "local-email-mcp", "local-agent"], "live"],
] as const) {
  it(`AGENT_TYPE=${type} starts ${names.join(", ")}, with mail in ${mode} mode`, () => {
    const apps = readEcosystem({ AGENT_TYPE: type }).apps ?? [];
    assert.deepEqual(
      apps.map(({ name }) => name),
      names,
    );
    assert.deepEqual(apps[1]?.args, ["--mode", mode, "--transport", "socket"]);
    for (const app of apps) {
      assert.equal(app.namespace, `nightdesk-${type}`);
      assert.ok(existsSync(app.interpreter));
      assert.match(app.script, /packages\/[a-z-]+\/src\/main\.ts$/);
    }
  });
}

for (const [type, words] of [
  ["", /AGENT_TYPE is missing.*For example: AGENT_TYPE=cloud/],
  ["both", /AGENT_TYPE must be cloud or local/],
] as const) {
  it(`AGENT_TYPE="${type}" starts nothing and says what to write`, () => {
    assert.match(readEcosystem({ AGENT_TYPE: type }).error ?? "", words);
  });
}

/** A project of three tiny daemons with the real ecosystem file, and a PM2 of its own. */
async function makeProject(t: TestContext) {
  const folder = await createTempDir("pm2");
  const root = join(folder.path, "project");
  await mkdir(join(root, "packages"), { recursive: true });
  await copyFile(join(PROJECT, "ecosystem.config.cjs"), join(root, "ecosystem.config.cjs"));
  await symlink(join(PROJECT, "node_modules"), join(root, "node_modules"));
  await symlink(join(PROJECT, "packages/daemon-kit"), join(root, "packages/daemon-kit"));
  const link = JSON.stringify(join(PROJECT, "packages/daemon-kit/src/pm2-link.ts"));
  for (const name of ["vault-sync", "email-mcp", "cloud-agent"]) {
    await mkdir(join(root, "packages", name, "src"), { recursive: true });
    await writeFile(join(root, "packages", name, "package.json"), '{"type":"module"}');
    await writeFile(
      join(root, "packages", name, "src/main.ts"),
      `import { createFigures, onStop, signalReady } from ${link};
       console.log(JSON.stringify(process.env));
       if (process.env.NIGHTDESK_ENV_FILE?.endsWith("wrong.env")) process.exit(${name === "cloud-agent" ? 1 : 78});
       onStop(() => console.log("clean end"));
       createFigures().set("queueLength", 4);
       signalReady();`,
    );
  }
  await writeFile(
    join(root, ".env"),
    `AGENT_TYPE=cloud\nSTATE_PATH=${folder.path}/state\nOPENAI_API_KEY=FILE-SECRET\n`,
  );
  await copyFile(join(root, ".env"), join(root, "wrong.env"));
  const home = join(folder.path, "pm2");
  const pm2 = (args: string[], env: Record<string, string> = {}) =>
    new Promise<string>((resolve, reject) => {
      execFile(
        process.execPath,
        [PM2, ...args],
        {
          cwd: root,
          env: {
            PATH: process.env["PATH"] ?? "",
            HOME: folder.path,
            PM2_HOME: home,
            PM2_DISCRETE_MODE: "true",
            SHELL_SECRET: "SHELL-SECRET",
            ...env,
          },
        },
        (error, stdout) => (error ? reject(error) : resolve(stdout)),
      );
    });
  t.after(async () => {
    await pm2(["kill"]);
    await folder.remove();
  });
  return { home, root, pm2 };
}

const listSchema = z.array(
  z.object({
    name: z.string(),
    pm2_env: z.object({
      status: z.string(),
      restart_time: z.number(),
      axm_monitor: z.record(z.string(), z.object({ value: z.unknown() })),
    }),
  }),
);

it("under PM2 the daemons come up and show their figures, and no secret of the shell or the file reaches PM2", async (t) => {
  const { home, pm2 } = await makeProject(t);
  await pm2(["start", "ecosystem.config.cjs"]);
  const list = async () => listSchema.parse(JSON.parse((await pm2(["jlist"])).split("\n").at(-1) || "[]"));
  const processes = await waitFor(
    async () => {
      const found = await list();
      return found.every(({ pm2_env }) => "Queue" in pm2_env.axm_monitor) && found;
    },
    { what: "the figures of every daemon", describe: list },
  );
  assert.deepEqual(
    processes.map(({ pm2_env }) => pm2_env.status),
    ["online", "online", "online"],
  );
  assert.deepEqual(Object.keys(processes[0]?.pm2_env.axm_monitor ?? {}), ["Queue"], "ours, and no others");

  await pm2(["restart", "ecosystem.config.cjs"]);
  await pm2(["save"]);
  const dump = await readFile(join(home, "dump.pm2"), "utf8");
  const log = await readFile(join(home, "logs/cloud-agent-out.log"), "utf8");
  assert.match(dump, /NIGHTDESK_ENV_FILE/);
  assert.match(log, /NIGHTDESK_ENV_FILE/);
  for (const text of [dump, log, await pm2(["jlist"])]) assert.doesNotMatch(text, /-SECRET/);
  assert.match(log, /clean end/, "a restart lets the old one end by itself");
});

it("a daemon whose settings are wrong is not started over and over, one that failed otherwise is", async (t) => {
  const { root, pm2 } = await makeProject(t);
  await pm2(["start", "ecosystem.config.cjs"], { NIGHTDESK_ENV_FILE: join(root, "wrong.env") });
  const look = async () => listSchema.parse(JSON.parse((await pm2(["jlist"])).split("\n").at(-1) || "[]"));
  const restartsOf = (found: z.infer<typeof listSchema>, name: string) =>
    found.find((one) => one.name === name)?.pm2_env.restart_time;
  const ended = await waitFor(
    async () => {
      const found = await look();
      return (restartsOf(found, "cloud-agent") ?? 0) >= 2 && found;
    },
    { what: "two restarts of the one that ended with 1", describe: look },
  );
  for (const name of ["cloud-vault-sync", "cloud-email-mcp"]) assert.equal(restartsOf(ended, name), 0, name);
});
