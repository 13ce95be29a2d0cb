import assert from "node:assert/strict";
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { runGit } from "@nightdesk/testkit";
import { createRawClient } from "../../vault-sync/test/support/raw-git.ts";
import { putNote } from "../../vault-sync/test/support/replicas.ts";
import {
  appendTo,
  carryOut,
  giveDoctorWorlds,
  DAYS,
  doneFile,
  examine,
  SENT_ID,
  settingsOf,
  told,
  type DoctorWorld,
} from "./doctor-world.ts";
import { sync } from "./repair-world.ts";
import { runCli } from "./run-cli.ts";

const [FIRST = ""] = DAYS;
const OLD_CLOUD = `Logs/cloud/${FIRST}.jsonl`;
const OLD_LOCAL = `Logs/local/${FIRST}.jsonl`;

describe("nightdesk doctor", () => {
  let world: DoctorWorld;
  giveDoctorWorlds((own) => (world = own));

  /** Somebody with a login at the remote pushes changed files; returns the commit. */
  async function push(changes: Record<string, string | null>): Promise<string> {
    const thief = await createRawClient(join(world.remote.path, ".."), world.remote);
    await thief.pull();
    const commit = await thief.commit(await thief.change(changes));
    await thief.push(commit);
    return commit;
  }

  /** The newest commit of the remote that touches a record, by git itself. */
  const committed = (path: string) => world.remote.git("show", `main:${path}`);

  it("a machine that is well: nothing broken, and every line and commit counted", async () => {
    const report = await examine(world.local, world.remote);
    assert.deepEqual(
      report.checks.filter(({ state }) => state === "broken"),
      [],
    );
    assert.equal(report.code, 0);
    assert.equal(report.ok, true);
    assert.equal(report.auditChanged, 0);
    const commits = await world.remote.git("rev-list", "--count", "main", "--", "Logs");
    assert.equal(report.auditCommits, Number(commits));
    let lines = 0;
    for (const agent of ["cloud", "local"])
      for (const name of await readdir(join(world.local.vault, "Logs", agent)))
        lines +=
          (await readFile(join(world.local.vault, "Logs", agent, name), "utf8")).split("\n").length - 1;
    assert.equal(report.auditLines, lines);
    const cloud = await examine(world.cloud, world.remote);
    assert.deepEqual([cloud.code, cloud.auditChanged], [0, 0]);
  });

  it("one changed byte in an old line that a machine took in is found, and named with its commit and line", async () => {
    const text = await committed(OLD_CLOUD);
    const commit = await push({ [OLD_CLOUD]: `${text.replace(`${FIRST}_2`, `${FIRST}_3`)}\n` });
    await sync(world.cloud);
    const report = await examine(world.cloud, world.remote);
    const [said = ""] = told(report, "audit", "broken");
    assert.ok(said.startsWith(`${OLD_CLOUD} line 2 was changed by commit ${commit}`), said);
    assert.match(said, /It said: \S+ task_created em_2026-11-19_2/);
    assert.deepEqual([report.code, report.ok, report.auditChanged, report.auditPutBack], [1, false, 1, 0]);
  });

  it("a removed line is found, and so is a whole record that was removed", async () => {
    const [first = ""] = (await committed(OLD_CLOUD)).split("\n");
    const commit = await push({ [OLD_CLOUD]: `${first}\n` });
    await sync(world.cloud);
    await unlink(join(world.cloud.vault, OLD_LOCAL));
    const report = await examine(world.cloud, world.remote);
    const said = told(report, "audit", "broken");
    assert.equal(said.length, 2, said.join("\n"));
    assert.ok(
      said[0]?.startsWith(`${OLD_CLOUD} line 2 was taken away or cut short by commit ${commit}`),
      said[0],
    );
    assert.match(
      said[1] ?? "",
      /^Logs\/local\/2026-11-19\.jsonl .* is gone with its whole file, removed in this machine's vault folder/,
    );
    assert.equal(report.auditChanged, 3);
  });

  it("what the laptop refused and took back is told with its commit, and the record counts as whole", async () => {
    const text = await committed(OLD_LOCAL);
    const commit = await push({ [OLD_LOCAL]: `${text.replace("note_snoozed", "note_snoozzd")}\n` });
    await sync(world.local);
    const report = await examine(world.local, world.remote);
    const [said = ""] = told(report, "audit", "look");
    assert.ok(said.startsWith(`${OLD_LOCAL} line 1 was changed by commit ${commit}`), said);
    assert.match(said, /It was put back by [0-9a-f]{10}; the record is whole/);
    assert.deepEqual(told(report, "audit", "broken"), []);
    assert.deepEqual([report.code, report.auditChanged, report.auditPutBack], [0, 1, 1]);
  });

  it("a record cut short in the vault folder is found before it is published", async () => {
    await truncate(join(world.local.vault, OLD_LOCAL), 100);
    const report = await examine(world.local, world.remote);
    const [said = ""] = told(report, "audit", "broken");
    assert.match(
      said,
      /^Logs\/local\/2026-11-19\.jsonl line 1.* in this machine's vault folder, after it was synced/,
    );
    assert.equal(report.code, 1);
  });

  it("a history rewritten at the remote is found without taking it in", async () => {
    const thief = await createRawClient(join(world.remote.path, ".."), world.remote);
    await thief.pull();
    const text = await committed(OLD_CLOUD);
    const tree = await thief.change({ [OLD_CLOUD]: `${text.replace("_1", "_9")}\n` });
    const commit = await thief.commit(tree, []);
    await world.remote.git("config", "receive.denyNonFastForwards", "false");
    await thief.git(["push", "--quiet", "--force", world.remote.path, `${commit}:refs/heads/main`]);
    const before = await readdir(join(world.local.state, "git", "objects"));
    const report = await examine(world.local, world.remote);
    const [said = ""] = told(report, "remote", "broken");
    assert.match(said, /history was rewritten/);
    assert.equal(report.code, 1);
    assert.deepEqual(await readdir(join(world.local.state, "git", "objects")), before);
  });

  it("a history rewritten in this machine's own git directory is given away by the commits its records name", async () => {
    const { state } = world.local;
    const git = (...args: string[]) => runGit(args, join(state, "git"));
    const tree = await git("rev-parse", "refs/nightdesk/base^{tree}");
    const commit = await git("commit-tree", tree, "-m", "all of it");
    await git("update-ref", "refs/nightdesk/base", commit);
    const report = await examine(world.local, world.remote);
    assert.match(
      told(report, "history", "broken")[0] ?? "",
      /it was rewritten after this machine had synced it/,
    );
    assert.equal(report.code, 1);
  });

  it("a line that is being written right now, in the audit or the journal, is no alarm", async () => {
    await appendTo(world.local, `Logs/local/${DAYS.at(-1)}.jsonl`, '{"action_type":"email_se');
    await appendFile(join(world.local.state, "journal.jsonl"), '\n{"r":{"type":"run","run":"12');
    const report = await examine(world.local, world.remote);
    assert.deepEqual(
      report.checks.filter(({ state }) => state === "broken"),
      [],
    );
    assert.equal(report.code, 0);
    assert.match(told(report, "records", "look")[0] ?? "", /last line of journal\.jsonl broke off/);
  });

  it("a journal with a damaged line, and one older than the decisions beside it, are broken", async () => {
    const journal = join(world.local.state, "journal.jsonl");
    const text = await readFile(journal, "utf8");
    await writeFile(journal, text.replace("msg_1", "msg_2"), { mode: 0o600 });
    assert.match(
      told(await examine(world.local, world.remote), "records", "broken")[0] ?? "",
      /damaged at line/,
    );
    await rm(journal);
    const decisions = openAppendLog(join(world.local.state, "decisions.jsonl"));
    await decisions.append({ type: "run", run: "1234", at: "2026-11-21T10:00:00.000Z" });
    const report = await examine(world.local, world.remote);
    assert.match(
      told(report, "records", "broken")[0] ?? "",
      /missing, or older than the record of decisions/,
    );
    assert.match(
      told(report, "effects", "broken")[0] ?? "",
      new RegExp(`${SENT_ID} was sent, but the journal does not know`),
    );
  });

  it("an effect without its line in the audit is named, and so is a sent note without an effect", async () => {
    await carryOut(world.local, { nonce: "c".repeat(32), id: "em_0000000000000002", audited: false });
    await putNote(world.local, `Done/2026-11/${doneFile(SENT_ID)}`, "---\noutcome: sent\n---\n");
    const forged = "em_0000000000000003";
    await putNote(world.local, `Done/2026-11/${doneFile(forged)}`, "---\noutcome: sent\n---\n");
    const report = await examine(world.local, world.remote);
    const said = told(report, "effects", "broken");
    assert.equal(said.length, 2, said.join("\n"));
    assert.match(said[0] ?? "", /^em_0000000000000002 was sent at .* but no line of the audit says so/);
    assert.match(
      said[1] ?? "",
      new RegExp(`~${forged}-r1\\.md" says that it was sent, but the journal has no such effect`),
    );
    assert.equal(report.code, 1);
  });

  it("links, a repository, plugins that run code, STOP.md and open folders are each named", async () => {
    const { vault, state } = world.local;
    await symlink("/etc/passwd", join(vault, "Inbox.md"));
    await mkdir(join(vault, ".git"));
    await mkdir(join(vault, ".obsidian/plugins/dataview"), { recursive: true });
    await writeFile(
      join(vault, ".obsidian/community-plugins.json"),
      '["templater-obsidian","dataview","calendar"]',
    );
    await writeFile(join(vault, ".obsidian/plugins/dataview/data.json"), '{"enableDataviewJs":true}');
    await writeFile(join(vault, "STOP.md"), "");
    await mkdir(join(vault, "Needs_Attention"), { recursive: true });
    await writeFile(join(vault, "Needs_Attention/odd.md"), "?");
    await mkdir(join(vault, "Approved"), { recursive: true });
    await writeFile(join(vault, "Approved", doneFile("em_0000000000000004")), "?");
    await chmod(join(state, "keys"), 0o755);
    await chmod(join(state, "keys/receipt.pem"), 0o644);
    const report = await examine(world.local, world.remote);
    assert.match(told(report, "vault", "broken").join("\n"), /Inbox\.md[^]*"\.git"/);
    assert.match(told(report, "plugins", "look")[0] ?? "", /templater-obsidian .*dataview \(its JavaScript/);
    assert.doesNotMatch(told(report, "plugins", "look")[0] ?? "", /calendar/);
    assert.equal(told(report, "stop", "look").length, 1);
    assert.match(told(report, "attention", "look")[0] ?? "", /1 note in Needs_Attention\/: "odd\.md"/);
    assert.match(told(report, "approved", "look")[0] ?? "", /the program that carries it out is not running/);
    assert.match(told(report, "folders", "broken")[0] ?? "", /keys\/ in the state folder is open/);
    assert.match(told(report, "keys", "broken")[0] ?? "", /receipt\.pem may be read by other users/);
  });

  it("a remote that is away is worth a look, and a remote that is older is told so", async () => {
    const away = await examine(world.local, { path: `${world.remote.path}-elsewhere` });
    assert.equal(told(away, "remote", "look").length, 1);
    assert.equal(away.code, 0);
    await world.remote.git("update-ref", "refs/heads/main", "main~3");
    const older = await examine(world.local, world.remote);
    assert.match(told(older, "remote", "look")[0] ?? "", /older than what this machine has synced/);
  });

  it("wrong settings are told, the rest is looked at all the same, and no setting's value is ever shown", async () => {
    const secret = "1//0gVerySecretToken";
    const env = {
      ...settingsOf(world.local, world.remote),
      GMAIL_REFRESH_TOKEN: secret,
      MAX_EMAILS_PER_HOUR: "lots",
    };
    const { code, out } = await runCli(["doctor"], env);
    assert.equal(code, 1);
    assert.match(out, /^broken +settings +MAX_EMAILS_PER_HOUR must be a whole number/m);
    assert.match(out, /^ok +audit +No line was ever changed/m);
    assert.ok(!out.includes(secret));
    assert.equal((await runCli(["doctor", "--what"], env)).code, 2);
    const nothing = await runCli(["doctor"], { NIGHTDESK_ENV_FILE: "" });
    assert.equal(nothing.code, 1);
  });
});
