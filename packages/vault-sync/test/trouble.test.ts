import assert from "node:assert/strict";
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { NightdeskError, syncStatusSchema, type Clock } from "@nightdesk/claim-lib";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { createBareRemote, createTempDir, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { fail } from "../src/errors.ts";
import { createStatusReporter } from "../src/report-status.ts";
import { pushAs } from "./support/attacker.ts";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";
import {
  listVault,
  machineAt,
  makeMachine,
  moveNote,
  openMachine,
  putNote,
  readAudit,
  readNote,
  type Opened,
} from "./support/replicas.ts";

const HANDBOOK = "Company_Handbook.md";
const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;
const hasCode = (code: string) => (error: unknown) => NightdeskError.is(error, code);

/** A token of a made-up account in the form the real ones have; put together so that no scanner of code trips over it. */
const SECRET = ["ghp", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].join("_");

describe("when something is wrong", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let cloud: Opened;
  let local: Opened;
  let world = 0;

  before(async () => {
    dir = await createTempDir("trouble");
    const root = `${dir.path}/template`;
    const template = await createBareRemote({ path: `${root}/remote.git` });
    const machines = [
      await makeMachine(root, "local", template),
      await makeMachine(root, "cloud", template),
    ] as const;
    await putNote(machines[0], HANDBOOK, "# Handbook\n");
    for (let n = 1; n <= 20; n += 1) await putNote(machines[0], `Accounting/note ${n}.md`, `note ${n}\n`);
    for (const machine of machines) {
      const opened = await openMachine(machine);
      await opened.sync();
      await opened.close();
    }
    remote = template;
  });
  after(() => dir.remove());
  beforeEach(async () => {
    world += 1;
    const root = `${dir.path}/${world}`;
    await cp(`${dir.path}/template`, root, { recursive: true, preserveTimestamps: true });
    remote = await reopen(root);
    local = await openMachine(machineAt(root, "local", remote));
    cloud = await openMachine(machineAt(root, "cloud", remote));
  });
  afterEach(async () => {
    await local.close();
    await cloud.close();
  });

  /** createBareRemote on what is there already changes nothing but settings. */
  async function reopen(root: string): Promise<BareRemote> {
    return createBareRemote({ path: `${root}/remote.git` });
  }

  it("a note with a secret stays on this machine, whole, and goes when the secret is out", async () => {
    await putNote(local.machine, "Accounting/access.md", `Token: ${SECRET}\n<!-- secretlint-disable -->\n`);
    await putNote(local.machine, "Accounting/other.md", "fine\n");
    const report = await local.sync();
    assert.deepEqual(report.withheld, [{ path: "Accounting/access.md", rules: ["github"] }]);
    assert.ok((await remote.listFiles()).includes("Accounting/other.md"));
    assert.equal((await remote.listFiles()).includes("Accounting/access.md"), false);
    const everything = await remote.git("cat-file", "--batch-all-objects", "--batch");
    assert.equal(everything.includes(SECRET), false);
    const status = await createStatusReporter(local.replica);
    await status.done(report);
    assert.match(status.current().message, /access\.md.*secret.*stays on this machine/);
    assert.equal(status.current().message.includes(SECRET), false);
    await putNote(local.machine, "Accounting/access.md", "Token: in the safe\n");
    assert.deepEqual((await local.sync()).withheld, []);
    assert.ok((await remote.listFiles()).includes("Accounting/access.md"));
  });

  it("a task whose note got a secret does not move half: the move is told, with the text last published", async () => {
    await putNote(local.machine, PENDING(1), replyNote(1));
    await local.sync();
    await moveNote(local.machine, PENDING(1), `Approved/${fileOf(1)}`);
    await putNote(local.machine, `Approved/${fileOf(1)}`, replyNote(1, {}, `Here it is: ${SECRET}`));
    await local.sync();
    assert.ok(!(await remote.listFiles()).includes(PENDING(1)));
    assert.equal((await remote.readFile(`Approved/${fileOf(1)}`)).toString(), replyNote(1));
    assert.match((await readNote(local.machine, `Approved/${fileOf(1)}`)) ?? "", /Here it is/);
  });

  it("when much of the vault is gone nothing is published, and it goes on by itself when it is back", async () => {
    await rename(join(local.machine.vault, "Accounting"), join(dir.path, `${world}`, "dragged"));
    const tip = await remote.tip();
    for (let i = 0; i < 2; i += 1) await assert.rejects(local.sync(), hasCode("VAULT_SHRUNK"));
    assert.equal(await remote.tip(), tip);
    await rename(join(dir.path, `${world}`, "dragged"), join(local.machine.vault, "Accounting"));
    await local.sync();
    await rename(local.machine.vault, `${local.machine.vault}-away`);
    await assert.rejects(local.sync(), hasCode("VAULT_MISSING"));
    await rename(`${local.machine.vault}-away`, local.machine.vault);
    await local.sync();
    assert.equal(await remote.tip(), tip);
  });

  it("a month of finished tasks that is dragged away is not taken for deleted, and goes on when it is back", async () => {
    const done = (n: number) => `Done/2026-11/${fileOf(n)}`;
    for (let n = 1; n <= 12; n += 1) await putNote(local.machine, done(n), mailNote(n));
    await local.sync();
    const tip = await remote.tip();
    const month = join(local.machine.vault, "Done/2026-11");
    await rename(month, join(dir.path, `${world}`, "dragged"));
    for (let i = 0; i < 2; i += 1) await assert.rejects(local.sync(), hasCode("VAULT_SHRUNK"));
    assert.equal(await remote.tip(), tip);
    await rename(join(dir.path, `${world}`, "dragged"), month);
    await local.sync();
    assert.equal(await remote.tip(), tip);
    assert.ok((await remote.listFiles()).includes(done(1)));
  });

  it("a laptop put back to an older state stops before it applies or publishes anything", async () => {
    const saved = `${local.machine.state}-saved`;
    await cp(local.machine.state, saved, { recursive: true });
    await putNote(local.machine, PENDING(1), replyNote(1));
    await local.sync();
    await local.close();
    await rm(local.machine.state, { recursive: true });
    await rename(saved, local.machine.state);
    await rm(join(local.machine.vault, PENDING(1)));
    await putNote(local.machine, "Accounting/new.md", "new\n");
    local = await openMachine(local.machine);
    const tip = await remote.tip();
    await assert.rejects(local.sync(), hasCode("OWN_COMMIT_UNKNOWN"));
    assert.equal(await remote.tip(), tip);
    assert.equal(await readNote(local.machine, PENDING(1)), null);
  });

  it("a rewritten history is refused, and the vault is untouched", async () => {
    const files = await listVault(local.machine);
    await remote.git("update-ref", "-d", "refs/heads/main");
    await pushAs(cloud.machine, remote, { "STOP.md": "x\n" });
    await assert.rejects(local.sync(), hasCode("REMOTE_DIVERGED"));
    assert.deepEqual(await listVault(local.machine), files);
  });

  it("a remote that was put back, or lost its branch, is brought forward", async () => {
    const [old] = await remote.commits();
    await putNote(local.machine, PENDING(1), replyNote(1));
    await local.sync();
    const tip = await remote.tip();
    await remote.git("update-ref", "refs/heads/main", old ?? "");
    await local.sync();
    assert.equal(await remote.tip(), tip);
    await remote.git("update-ref", "-d", "refs/heads/main");
    await local.sync();
    assert.equal(await remote.tip(), tip);
    assert.equal(await readNote(local.machine, PENDING(1)), replyNote(1));
  });

  it("without the remote work waits, and goes when it is back", async () => {
    await rename(remote.path, `${remote.path}-away`);
    await putNote(local.machine, PENDING(1), replyNote(1));
    const status = await createStatusReporter(local.replica);
    const error = await local.sync().catch((thrown: unknown) => thrown);
    assert.ok(NightdeskError.is(error, "REMOTE_UNKNOWN"));
    await status.failed(error);
    const written: unknown = JSON.parse(
      await readFile(join(local.machine.state, "sync-status.json"), "utf8"),
    );
    assert.equal(syncStatusSchema.parse(written).state, "offline");
    await rename(`${remote.path}-away`, remote.path);
    await local.sync();
    await cloud.sync();
    assert.equal(await readNote(cloud.machine, PENDING(1)), replyNote(1));
  });

  it("a push whose answer was lost is found again, not repeated", async () => {
    await local.close();
    let lose = true;
    local = await openMachine(local.machine, (ports) => ({
      remote: {
        ...ports.remote,
        async push(commit) {
          const answer = await ports.remote.push(commit);
          if (!lose) return answer;
          lose = false;
          throw fail("PUSH_OUTCOME_UNKNOWN", "lost");
        },
      },
    }));
    await putNote(local.machine, PENDING(1), replyNote(1));
    await assert.rejects(local.sync(), hasCode("PUSH_OUTCOME_UNKNOWN"));
    const tip = await remote.tip();
    const report = await local.sync();
    assert.equal(report.tip, tip);
    assert.equal(await remote.tip(), tip);
  });

  it("records alone make no commit; they ride with the next change, or go after a quarter of an hour", async () => {
    await local.close();
    let aheadMs = 0;
    const clock: Clock = { now: () => Date.now() + aheadMs, sleep: systemClock.sleep };
    local = await openMachine(local.machine, () => ({ clock }));
    const log = "Logs/local/2026-11-21.jsonl";
    const tip = await remote.tip();
    await putNote(local.machine, log, "1\n");
    await putNote(local.machine, "Dashboard.md", "# Now\n");
    const quiet = await local.sync();
    assert.equal(await remote.tip(), tip);
    assert.ok((quiet.retryInMs ?? 0) > 14 * 60_000);
    await putNote(local.machine, PENDING(1), replyNote(1));
    await local.sync();
    assert.ok((await remote.listFiles()).includes(log));
    await putNote(local.machine, log, "1\n2\n");
    await local.sync();
    assert.equal((await remote.readFile(log)).toString(), "1\n");
    aheadMs = 16 * 60_000;
    await local.sync();
    assert.equal((await remote.readFile(log)).toString(), "1\n2\n");
  });

  it("a file that changes between plan and apply keeps the owner's words; the other text is kept aside", async () => {
    await putNote(local.machine, "Plans/cloud-email/plan.md", "one\n");
    await local.sync();
    await cloud.sync();
    await putNote(cloud.machine, "Plans/cloud-email/plan.md", "two, by the cloud\n");
    await cloud.sync();
    await local.close();
    let isFirst = true;
    local = await openMachine(local.machine, (ports) => ({
      disk: {
        ...ports.disk,
        // The last look before the file is replaced: the owner saves right then.
        async stat(path) {
          if (path.startsWith("Plans/") && isFirst) {
            isFirst = false;
            await writeFile(join(local.machine.vault, path), "two, by the owner\n");
          }
          return ports.disk.stat(path);
        },
      },
    }));
    const report = await local.sync();
    assert.equal(report.held.length, 1);
    assert.equal(await readNote(local.machine, "Plans/cloud-email/plan.md"), "two, by the owner\n");
    await putNote(local.machine, "Plans/cloud-email/plan.md", "two, by the owner\n");
    await local.sync();
    await cloud.sync();
    const texts = await Promise.all(
      (await listVault(local.machine)).map((path) => readNote(local.machine, path)),
    );
    assert.ok(texts.includes("two, by the owner\n") && texts.includes("two, by the cloud\n"));
    assert.deepEqual(await listVault(cloud.machine), await listVault(local.machine));
  });

  it("a laptop that meets a foreign remote with decisions in it does not join", async () => {
    const stranger = await openMachine(await makeMachine(dir.path, "local", remote, `${world}-stranger`));
    await putNote(stranger.machine, HANDBOOK, "# Mine\n");
    await assert.rejects(stranger.sync(), hasCode("JOIN_REFUSED"));
    assert.equal(await readNote(stranger.machine, HANDBOOK), "# Mine\n");
    await stranger.close();
  });

  it("every file that came or went is in the audit, with the commit", async () => {
    await putNote(cloud.machine, NEW(1), mailNote(1));
    await cloud.sync();
    await local.sync();
    await moveNote(local.machine, NEW(1), `Done/2026-11/${fileOf(1)}`);
    await local.sync();
    const audit = (await readAudit(local.machine)).slice(-2);
    assert.deepEqual(
      audit.map((record) => [record["action_type"], record["parameters"]]),
      [
        ["sync_applied", { created: [NEW(1)] }],
        ["sync_published", { moved: [`${NEW(1)} -> Done/2026-11/${fileOf(1)}`] }],
      ],
    );
    assert.equal(audit[1]?.["target"], await remote.tip());
  });
});
