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
import { emailEnv, listVault, publishEverything, startDaemon, type Started } from "./helpers/processes.ts";

const kinds = kindsOf([channel]);
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
    describe: mailServer.output,
  });
  published = await publishEverything(vault, state);
});

after(async () => {
  await published.close();
  mailServer.child.kill("SIGTERM");
  await mailServer.ended;
  await gmail.close();
  await folder.remove();
  await leaks.assertNone();
});

async function startAgent(): Promise<Started> {
  const agent = startDaemon("cloud-agent/src/main.ts", [], env);
  await waitFor(() => agent.output().includes("cloud-agent.ready"), {
    what: "the agent",
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

function noteOf(path: string): TaskNote {
  return parseNote(readFileSync(join(vault, path), "utf8"), kinds);
}

test("killed again and again while mails arrive, the real agent ends with one task per mail, each drafted or put away", async () => {
  // Stays away from any single point: each round is killed at a later sign of life.
  const signs = [
    /cloud-agent\.ready/,
    /Needs_Action\/cloud-email/,
    /In_Progress\/cloud/,
    /Pending_Approval\/email/,
  ];
  for (const [round, sign] of signs.entries()) {
    for (const mail of MAILS.slice(round * 2, round * 2 + 2)) await injectMail(gmail, mail);
    const agent = await startAgent();
    await waitFor(() => sign.test(agent.output()) || tasks().some(({ path }) => sign.test(path)), {
      what: String(sign),
      intervalMs: 2,
    });
    agent.child.kill("SIGKILL");
    assert.equal(await agent.ended, "SIGKILL");
  }
  for (const mail of MAILS.slice(signs.length * 2)) await injectMail(gmail, mail);
  const agent = await startAgent();
  const isOver = () =>
    tasks().length >= MAILS.length && tasks().every(({ path }) => /^(Pending_Approval|Done)\//.test(path));
  await waitFor(isOver, {
    what: "every mail to be drafted or put away",
    timeoutMs: 20_000,
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
  assert.deepEqual(
    readdirSync(vault).filter((name) => name.startsWith(".")),
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
    timeoutMs: 25_000,
    describe: status,
  });
  mailServer = startDaemon(
    "email-mcp/src/main.ts",
    ["--mode", "draft", "--transport", "socket"],
    emailEnv(env["STATE_PATH"] ?? "", gmail.baseUrl),
  );
  await waitFor(() => /state: ok/.test(status()), {
    what: "all to be well again",
    timeoutMs: 25_000,
    describe: status,
  });
  agent.child.kill("SIGTERM");
  assert.equal(await agent.ended, 0);
});
