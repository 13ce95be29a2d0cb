import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { kindsOf, parseNote, parseTaskName, payloadOf, type TaskNote } from "@nightdesk/claim-lib";
import type { FolderWatch } from "@nightdesk/daemon-kit/watch-folders";
import { channel } from "@nightdesk/email-mcp/channel";
import {
  ALL_KINDS,
  buildMails,
  createTempDir,
  injectMail,
  startLeakCheck,
  waitFor,
  type LeakCheck,
  type TempDir,
} from "@nightdesk/testkit";
import { startGmail, type GmailControl } from "@nightdesk/testkit/gmail";
import {
  emailEnv,
  killLeftovers,
  listVault,
  publishEverything,
  startDaemon,
  type Started,
} from "./helpers/processes.ts";

const kinds = kindsOf([channel]);
/** The machine may be busy with other tests; only a failure waits so long. */
const timeoutMs = 40_000;
const MAILS = buildMails(ALL_KINDS.length, 7, { kinds: ALL_KINDS });

let leaks: LeakCheck;
let folder: TempDir;
let gmail: GmailControl;
let mailServer: Started;
let published: FolderWatch;
let vault: string;
let env: Record<string, string>;

before(async () => {
  leaks = await startLeakCheck();
  folder = await createTempDir("cloud");
  vault = join(folder.path, "vault");
  const state = join(folder.path, "state");
  gmail = await startGmail();
  env = {
    ...emailEnv(state, gmail.baseUrl),
    VAULT_PATH: vault,
    MAIL_POLL_SECONDS: "1",
    OWNER_NAME: "Robin Brightside",
  };
  mailServer = startDaemon(
    "email-mcp/src/main.ts",
    ["--mode", "draft", "--transport", "socket"],
    emailEnv(state, gmail.baseUrl),
  );
  await waitFor(() => mailServer.output().includes("email-mcp.ready"), {
    what: "the mail server",
    timeoutMs,
    describe: mailServer.output,
  });
  published = await publishEverything(vault, state);
});

after(async () => {
  await published.close();
  await killLeftovers();
  await gmail.close();
  await folder.remove();
  await leaks.assertNone();
});

async function startAgent(): Promise<Started> {
  const agent = startDaemon("cloud-agent/src/main.ts", [], env);
  await waitFor(() => agent.output().includes("cloud-agent.ready"), {
    what: "the agent",
    timeoutMs,
    describe: agent.output,
  });
  return agent;
}

function tasks(): { path: string; id: string }[] {
  return listVault(vault).flatMap((path) => {
    const name = parseTaskName(path.slice(path.lastIndexOf("/") + 1));
    return name ? [{ path, id: name.id }] : [];
  });
}

function countAudit(action: string): number {
  return listVault(vault)
    .filter((path) => path.startsWith("Logs/cloud/"))
    .flatMap((path) => readFileSync(join(vault, path), "utf8").split("\n"))
    .filter((line) => line.includes(`"action_type":"${action}"`)).length;
}

function noteOf(path: string): TaskNote {
  return parseNote(readFileSync(join(vault, path), "utf8"), kinds);
}

test("killed again and again while mails arrive, the real agent ends with one task per mail, each drafted or put away", async () => {
  // Each round is killed at a later step. The audit tells of it; the folders show it for milliseconds only.
  const steps = ["nothing", "task_created", "task_claimed", "proposed"];
  for (const [round, step] of steps.entries()) {
    const soFar = countAudit(step);
    for (const mail of MAILS.slice(round * 2, round * 2 + 2)) await injectMail(gmail, mail);
    const agent = await startAgent();
    const isThere = () => step === "nothing" || countAudit(step) > soFar;
    await waitFor(isThere, { what: `a step ${step}`, timeoutMs, intervalMs: 2, describe: agent.output });
    agent.child.kill("SIGKILL");
    assert.equal(await agent.ended, "SIGKILL");
  }
  for (const mail of MAILS.slice(steps.length * 2)) await injectMail(gmail, mail);
  const agent = await startAgent();
  const isOver = () =>
    tasks().length >= MAILS.length && tasks().every(({ path }) => /^(Pending_Approval|Done)\//.test(path));
  await waitFor(isOver, {
    what: "every mail to be drafted or put away",
    timeoutMs,
    describe: () => [tasks(), agent.output().slice(-2000)],
  });
  agent.child.kill("SIGTERM");
  assert.equal(await agent.ended, 0);

  assert.equal(tasks().length, MAILS.length);
  assert.equal(new Set(tasks().map(({ id }) => id)).size, MAILS.length);
  const pending = tasks().filter(({ path }) => path.startsWith("Pending_Approval/"));
  assert.equal(pending.length, MAILS.filter(({ needsReply }) => needsReply).length);
});

test("each kind of mail is shown decoded, answered to the right address, and inert", () => {
  const notes = tasks().map(({ path }) => ({ path, note: noteOf(path) }));
  for (const mail of MAILS) {
    const found = notes.find(({ note }) => note.fields.source_from?.includes(mail.from));
    assert.ok(found, `${mail.kind}: no note for ${mail.from}`);
    assert.ok(found.note.original.includes(mail.fragment), `${mail.kind}: ${found.note.original}`);
    assert.equal(found.path.startsWith("Done/"), !mail.needsReply, mail.kind);
    if (!mail.needsReply) continue;
    const { to } = payloadOf(found.note, kinds).args as { to: string[] };
    if (mail.kind === "hostile") assert.equal(found.note.fields.risk, "high");
    else assert.deepEqual(to, [mail.from], mail.kind);
    if (mail.kind === "undecodable") assert.match(String(found.note.fields.notice), /could not be decoded/);
  }
});

test("nothing of the mailbox's login lies in the vault or the log", () => {
  const everything = listVault(vault).map((path) => readFileSync(join(vault, path), "utf8"));
  for (const secret of [env["GMAIL_CLIENT_SECRET"], env["GMAIL_REFRESH_TOKEN"]]) {
    assert.equal(
      everything.concat(mailServer.output()).some((text) => text.includes(secret ?? "?")),
      false,
    );
  }
  // A killed write leaves its temp file behind; nothing else may be hidden here.
  assert.deepEqual(
    readdirSync(vault).filter((name) => name.startsWith(".") && !name.startsWith(".nd-tmp-")),
    [],
  );
});

test("a second agent on the same state does not start, and a cloud with a laptop's secret neither", async () => {
  const first = await startAgent();
  const second = startDaemon("cloud-agent/src/main.ts", [], env);
  assert.equal(await second.ended, 1);
  assert.match(second.output(), /LOCK_HELD/);
  first.child.kill("SIGTERM");
  assert.equal(await first.ended, 0);
  const forbidden = startDaemon("cloud-agent/src/main.ts", [], { ...env, NIGHTDESK_RECEIPT_KEY: "canary" });
  assert.equal(await forbidden.ended, 78, "PM2 does not try again with the same settings");
  assert.match(forbidden.output(), /CONFIG_FORBIDDEN_SECRET.*NIGHTDESK_RECEIPT_KEY/);
  assert.doesNotMatch(forbidden.output(), /canary/);
});

test("with the mail server dead the agent starts, says so in its status, and goes on when it is back", async () => {
  mailServer.child.kill("SIGKILL");
  await mailServer.ended;
  const agent = await startAgent();
  const status = () => readFileSync(join(vault, "Cloud_Status.md"), "utf8");
  await waitFor(() => /state: trouble/.test(status()), {
    what: "the trouble to be told",
    timeoutMs,
    describe: status,
  });
  mailServer = startDaemon(
    "email-mcp/src/main.ts",
    ["--mode", "draft", "--transport", "socket"],
    emailEnv(env["STATE_PATH"] ?? "", gmail.baseUrl),
  );
  await waitFor(() => /state: ok/.test(status()), {
    what: "all to be well again",
    timeoutMs,
    describe: status,
  });
  agent.child.kill("SIGTERM");
  assert.equal(await agent.ended, 0);
});
