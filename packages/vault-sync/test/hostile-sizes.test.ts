import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createBareRemote, createTempDir, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { createGitRemote } from "../src/git/git-remote.ts";
import { parseRemote } from "../src/git/remote-url.ts";
import { createRunGit } from "../src/git/run-git.ts";
import { NEW } from "./support/hostile-case.ts";
import { mailNote } from "./support/notes.ts";
import { createRawClient, type RawClient } from "./support/raw-git.ts";
import { listVault, makeMachine, openMachine, putNote, type Opened } from "./support/replicas.ts";

const GIB = 1024 * 1024 * 1024;

/** A blob of zeros, made by git from a stream: no program holds it. */
async function hashZeros(bytes: number, gitDir: string): Promise<string> {
  const child = spawn("sh", ["-c", `head -c ${bytes} /dev/zero | git hash-object -w --stdin`], {
    env: { ...process.env, GIT_DIR: gitDir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let oid = "";
  child.stdout.on("data", (chunk: Buffer) => (oid += chunk.toString()));
  await once(child, "close");
  return oid.trim();
}

describe("sizes that would end a program, pushed by a plain git with the cloud's login", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let local: Opened;
  let client: RawClient;
  let count = 0;

  before(async () => {
    dir = await createTempDir("sizes");
    remote = await createBareRemote({ path: `${dir.path}/remote.git` });
    await remote.git("config", "transfer.fsckObjects", "false");
    // The remote keeps what it was sent as a pack, as it does with any larger push.
    await remote.git("config", "receive.unpackLimit", "1");
    await remote.git("config", "core.bigFileThreshold", "1m");
    local = await openMachine(await makeMachine(dir.path, "local", remote));
    await putNote(local.machine, "Company_Handbook.md", "# Handbook\n");
    await local.sync();
    client = await createRawClient(dir.path, remote);
    await client.git(["config", "core.bigFileThreshold", "1m"]);
  });
  after(async () => {
    await local.close();
    await dir.remove();
  });

  /** Pushed with a legal note; nothing but that note may arrive, and the next commit takes the rest back. */
  async function judge(
    entry: { mode: string; name: string; oid: string },
    told: RegExp,
    cpuMs: number,
    isWhole = false,
  ): Promise<void> {
    const before = await listVault(local.machine);
    const tip = (await client.pull()) ?? "";
    const path = NEW((count += 1));
    const legal = await client.commit(await client.change({ [path]: mailNote(count) }), [tip]);
    const entries = (await client.git(["ls-tree", "-z", legal])).split("\0").filter(Boolean);
    const tree = await client.mktree([
      ...entries.map((line) => {
        const [head = "", name = ""] = line.split("\t");
        const [mode = "", , oid = ""] = head.split(" ");
        return { mode: mode.replace(/^0/, ""), name, oid };
      }),
      entry,
    ]);
    const commit = await client.commit(tree, [tip]);
    await client.push(commit);
    const started = process.cpuUsage();
    const report = await local.sync();
    // Not the clock: other tests run beside this one.
    const { user, system } = process.cpuUsage(started);
    assert.match((report.refused ?? []).map(({ reason }) => reason).join("\n"), told);
    assert.ok((user + system) / 1000 < cpuMs, `it took ${Math.round((user + system) / 1000)} ms of work`);
    assert.deepEqual(await listVault(local.machine), isWhole ? before : [...before, path].sort());
    assert.equal(await remote.git("rev-parse", "main^"), commit);
    assert.deepEqual(
      (await remote.listFiles()).filter((file) => !file.includes("vault_sync-")),
      await listVault(local.machine),
    );
  }

  it("a blob of 1 GiB in a small pack is refused by its size alone, and never read", async () => {
    const oid = await hashZeros(GIB, await client.git(["rev-parse", "--absolute-git-dir"]));
    await judge({ mode: "100644", name: "Cloud_Status.md", oid }, /larger than/, 10_000);
    assert.ok(process.memoryUsage().rss < 400 * 1024 * 1024, "it was held in memory");
  });

  it("100,000 entries in one folder: the legal change beside them is taken", async () => {
    const blob = await client.blob("x\n");
    const entries = Array.from({ length: 100_000 }, (_, n) => ({
      mode: "100644",
      name: `x${n}.md`,
      oid: blob,
    }));
    const oid = await client.mktree(entries);
    await judge({ mode: "40000", name: "Briefings", oid }, /held \d+ more/, 20_000);
  });

  it("100,000 entries in ten folders", async () => {
    const blob = await client.blob("x\n");
    const folder = (start: number) =>
      client.mktree(
        Array.from({ length: 10_000 }, (_, n) => ({ mode: "100644", name: `x${start + n}.md`, oid: blob })),
      );
    const folders: { mode: string; name: string; oid: string }[] = [];
    for (let n = 0; n < 10; n += 1)
      folders.push({ mode: "40000", name: `d${n}`, oid: await folder(n * 10_000) });
    await judge(
      { mode: "40000", name: "Briefings", oid: await client.mktree(folders) },
      /held \d+ more/,
      20_000,
    );
  });

  it("a pack of a few KB that unfolds to 100 million entries", async () => {
    let oid = await client.blob("x\n");
    let mode = "100644";
    for (let level = 0; level < 4; level += 1) {
      const same = { mode, oid };
      oid = await client.mktree(Array.from({ length: 100 }, (_, n) => ({ ...same, name: `f${n}.md` })));
      mode = "40000";
    }
    await judge({ mode, name: "Plans", oid }, /more files than are ever checked/, 20_000, true);
  });

  it("3,000 levels of folders", async () => {
    const stream = ["commit refs/heads/deep", "committer x <x@example.com> 1763700000 +0000", "data 1", "x"];
    const deep = Array.from({ length: 1_900 }, () => "d").join("/");
    stream.push(`M 100644 inline ${deep}/x.md`, "data 2", "x", "");
    await client.git(["fast-import", "--quiet"], `${stream.join("\n")}\n`);
    let oid = await client.git(["rev-parse", "refs/heads/deep^{tree}"]);
    for (let level = 1_900; level < 3_000; level += 1)
      oid = await client.mktree([{ mode: "40000", name: "d", oid }]);
    await judge({ mode: "40000", name: "Plans", oid }, /deeper than any folder/, 10_000);
  });

  it("more bytes than a fetch may bring stop the fetch, leave nothing behind, and name the repair", async () => {
    await client.pull();
    const oid = await client.blob(randomBytes(24 * 1024 * 1024));
    await client.push(
      await client.commit(await client.change({ "Cloud_Status.md": { mode: "100644", oid } })),
    );
    const gitDir = `${local.machine.state}/git`;
    const address = parseRemote(remote.path, remote.branch);
    const runGit = createRunGit({ gitDir, env: process.env });
    const small = createGitRemote({ gitDir, address, runGit, maxFetchBytes: 1024 * 1024 });
    const error = await small.fetch().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    // A disk fast enough to bring 24 MB between two looks takes it, and it is refused by its size.
    if (error !== null) {
      assert.ok(NightdeskError.is(error, "REMOTE_TOO_LARGE"));
      assert.match(error.message, /nightdesk -- repair/);
    } else
      assert.match(((await local.sync()).refused ?? []).map(({ reason }) => reason).join(), /larger than/);
  });
});
