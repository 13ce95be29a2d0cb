import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import {
  createBareRemote,
  createTempDir,
  runGitBytes,
  type BareRemote,
  type TempDir,
} from "@nightdesk/testkit";
import { createStatusReporter } from "@nightdesk/vault-sync";
import { fileOf, mailNote, replyNote } from "../../vault-sync/test/support/notes.ts";
import {
  makeMachine,
  moveNote,
  openMachine,
  putNote,
  readNote,
  type Opened,
} from "../../vault-sync/test/support/replicas.ts";

const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const CLOUD = (n: number) => `In_Progress/cloud/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;
const APPROVED = (n: number) => `Approved/${fileOf(n)}`;

/** Put together here, so that no scanner of source code trips over made-up keys. */
const join2 = (...parts: string[]) => parts.join("_");
const pem = (key: ReturnType<typeof generateKeyPairSync>["privateKey"]) =>
  key.export({ type: "pkcs8", format: "pem" }).toString();
const GITHUB = join2("ghp", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx");

/** Each class with the text to keep back and the rule that names it. */
const CLASSES: readonly { rule: string; text: string; secret?: string }[] = [
  { rule: "github", text: GITHUB },
  {
    rule: "aws",
    text: `${"aws"}_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ`,
    secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ",
  },
  { rule: "slack", text: ["xoxb", "123456789012", "1234567890123", "AbCdEfGhIjKlMnOpQrStUvWx"].join("-") },
  { rule: "stripe", text: join2("sk", "live", "a1B2c3D4e5F6g7H8i9J0k1L2") },
  {
    rule: "basicauth",
    text: ["https:", "", "ann:hunter2pass@kunde.de", "x"].join("/"),
    secret: "hunter2pass",
  },
  {
    rule: "database-connection-string",
    text: ["postgres:", "", "ann:s3cretpw99@db.kunde.de", "x"].join("/"),
  },
  { rule: "privatekey", text: pem(generateKeyPairSync("ed25519").privateKey) },
  { rule: "privatekey", text: pem(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey) },
];

/** Every byte of every object the remote holds, reachable or not. */
async function everything(remote: BareRemote): Promise<string> {
  const bytes = await runGitBytes(["cat-file", "--batch-all-objects", "--batch"], remote.path);
  return bytes.toString("latin1");
}

describe("a secret", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let cloud: Opened;
  let local: Opened;
  before(async () => {
    dir = await createTempDir("secrets");
  });
  after(() => dir.remove());
  let world = 0;
  beforeEach(async () => {
    world += 1;
    const root = join(dir.path, String(world));
    remote = await createBareRemote({ path: join(root, "remote.git") });
    local = await openMachine(await makeMachine(root, "local", remote));
    cloud = await openMachine(await makeMachine(root, "cloud", remote));
    await putNote(local.machine, "Company_Handbook.md", "# Handbook\n");
    await local.sync();
    await cloud.sync();
  });
  afterEach(async () => {
    await cloud.close();
    await local.close();
  });

  const statusOf = async (side: Opened) => {
    const status = await createStatusReporter(side.replica);
    await status.done(await side.sync());
    return status.current();
  };
  const auditOf = (side: Opened) =>
    readFile(
      join(
        side.machine.vault,
        "Logs",
        side.machine.role,
        `vault_sync-${new Date().toISOString().slice(0, 10)}.jsonl`,
      ),
      "utf8",
    ).catch(() => "");

  it("of every class stays here wherever it stands, is named by its rule, and is in no object of the remote", async () => {
    const places = (n: number) => [
      `Inbox/file ${n}.md`,
      `Accounting/note ${n}.md`,
      `Needs_Attention/case ${n} (other text 0123456789ab).md`,
      NEW(n),
    ];
    for (const [n, { text }] of CLASSES.entries()) {
      for (const path of places(n + 1)) {
        const isTask = path.startsWith("Needs_Action/");
        await putNote(
          local.machine,
          path,
          isTask ? `${mailNote(n + 1)}\n${text}\n` : `Keep this:\n${text}\n`,
        );
      }
    }
    await putNote(local.machine, "Inbox/harmless.md", "nothing in here\n");
    const report = await local.sync();
    const withheld = new Map(report.withheld.map(({ path, rules }) => [path, rules]));
    for (const [n, { rule }] of CLASSES.entries())
      for (const path of places(n + 1)) assert.ok(withheld.get(path)?.includes(rule), `${path}: ${rule}`);
    assert.ok((await remote.listFiles()).includes("Inbox/harmless.md"));
    const { message } = await statusOf(local);
    assert.match(message, /holds what looks like a secret \(/);
    const told = `${await everything(remote)}\n${JSON.stringify(report)}\n${message}\n${await auditOf(local)}`;
    for (const { text, secret } of CLASSES)
      for (const line of (secret ?? text)
        .split("\n")
        .filter((one) => one.length > 8 && !one.startsWith("---")))
        assert.ok(!told.includes(line), line);
  });

  it("in a log, in UTF-16, in a renamed file, in a file's name or in a second copy stays here as well", async () => {
    const day = "2026-11-21";
    await putNote(local.machine, `Logs/local/local_agent-${day}.jsonl`, `{"a":"${GITHUB}"}\n`);
    await putNote(local.machine, "Accounting/plain.md", "before\n");
    await putNote(local.machine, "Inbox/utf16.md", "");
    await local.sync();
    await appendFile(
      join(local.machine.vault, "Inbox/utf16.md"),
      Buffer.from(`\ufeffkey ${GITHUB}\n`, "utf16le"),
    );
    await putNote(local.machine, "elsewhere.md", `${GITHUB}\n`);
    await moveNote(local.machine, "elsewhere.md", "Inbox/renamed in.md");
    await putNote(local.machine, "Inbox/second copy.md", `${GITHUB}\n`);
    await putNote(local.machine, `Inbox/${GITHUB}.md`, "its name is the secret\n");
    await moveNote(local.machine, "Accounting/plain.md", `Accounting/plain ${GITHUB}.md`);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await local.sync();
    const report = await local.sync();
    const paths = report.withheld.map(({ path }) => path);
    for (const path of ["Inbox/renamed in.md", "Inbox/second copy.md", "Inbox/utf16.md"])
      assert.ok(paths.includes(path), `${path} in ${paths.join(", ")}`);
    assert.ok(paths.includes("Inbox/(a name that is hidden here)"), paths.join(", "));
    assert.ok(paths.includes("Accounting/(a name that is hidden here)"), paths.join(", "));
    const objects = await everything(remote);
    assert.ok(!objects.includes(GITHUB));
    assert.ok(!objects.replaceAll("\0", "").includes(GITHUB));
    assert.ok(!JSON.stringify([report, await statusOf(local)]).includes(GITHUB));
  });

  it("in a note the owner approves: the move is told with the text last published, and goes on when it is out", async () => {
    await putNote(cloud.machine, PENDING(1), replyNote(1));
    await cloud.sync();
    await local.sync();
    const edited = replyNote(1, {}, `Dear Ann,\n\nthe key is ${GITHUB}.`);
    await putNote(local.machine, PENDING(1), edited);
    await moveNote(local.machine, PENDING(1), APPROVED(1));
    const report = await local.sync();
    assert.deepEqual(
      report.withheld.map(({ path }) => path),
      [APPROVED(1)],
    );
    await cloud.sync();
    assert.equal(await readNote(cloud.machine, APPROVED(1)), replyNote(1));
    assert.equal(await readNote(cloud.machine, PENDING(1)), null);
    assert.equal(await readNote(local.machine, APPROVED(1)), edited);
    // The record of what was told rides with one commit more; after it nothing moves.
    await local.sync();
    const tip = await remote.tip();
    for (let round = 0; round < 3; round += 1) {
      await local.sync();
      await cloud.sync();
    }
    assert.equal(await readNote(local.machine, APPROVED(1)), edited, "what comes back never replaces it");
    assert.equal(await remote.tip(), tip, "and no commit follows on another");
    await moveNote(local.machine, APPROVED(1), `Done/2026-11/${fileOf(1)}`);
    await local.sync();
    await cloud.sync();
    assert.equal(await readNote(cloud.machine, `Done/2026-11/${fileOf(1)}`), replyNote(1));
    const clean = replyNote(1, {}, "Dear Ann,\n\nthe key comes by letter.");
    await putNote(local.machine, `Done/2026-11/${fileOf(1)}`, clean);
    await local.sync();
    await cloud.sync();
    assert.equal(await readNote(cloud.machine, `Done/2026-11/${fileOf(1)}`), clean);
    assert.ok(!(await everything(remote)).includes(GITHUB));
  });

  it("in a draft: the owner is not asked to approve an older text in its place", async () => {
    await putNote(cloud.machine, NEW(2), mailNote(2));
    await moveNote(cloud.machine, NEW(2), CLOUD(2));
    await putNote(cloud.machine, CLOUD(2), replyNote(2, {}, "an older draft"));
    await cloud.sync();
    await putNote(cloud.machine, CLOUD(2), replyNote(2, {}, `use ${GITHUB}`));
    await moveNote(cloud.machine, CLOUD(2), PENDING(2));
    await cloud.sync();
    await local.sync();
    assert.equal(await readNote(local.machine, PENDING(2)), null);
    assert.equal(await readNote(local.machine, CLOUD(2)), replyNote(2, {}, "an older draft"));
    assert.match((await statusOf(cloud)).message, /secret \(github\)/);
  });

  it("in feedback: the cloud does not begin anew without the owner's words", async () => {
    await putNote(cloud.machine, PENDING(3), replyNote(3));
    await cloud.sync();
    await local.sync();
    await putNote(local.machine, PENDING(3), `${mailNote(3)}\n${GITHUB}\n`);
    await moveNote(local.machine, PENDING(3), NEW(3));
    await local.sync();
    await cloud.sync();
    assert.equal(await readNote(cloud.machine, NEW(3)), null);
    assert.equal(await readNote(cloud.machine, PENDING(3)), replyNote(3));
  });

  it("in the text that lost: the winner is told, the other stays here under its conflict name", async () => {
    await putNote(cloud.machine, CLOUD(4), replyNote(4));
    await cloud.sync();
    await local.sync();
    await putNote(cloud.machine, CLOUD(4), replyNote(4, {}, "the cloud's text"));
    await cloud.sync();
    await putNote(local.machine, CLOUD(4), `${replyNote(4)}\nmine: ${GITHUB}\n`);
    await local.sync();
    await local.sync();
    await cloud.sync();
    assert.equal(await readNote(local.machine, CLOUD(4)), replyNote(4, {}, "the cloud's text"));
    const files = await remote.listFiles();
    assert.ok(!files.some((path) => path.startsWith("Needs_Attention/")), files.join("\n"));
    assert.ok(!(await everything(remote)).includes(GITHUB));
    const report = await local.sync();
    assert.match(report.withheld[0]?.path ?? "", /^Needs_Attention\/.*\(other text /);
  });
});
