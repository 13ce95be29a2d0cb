import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { buildMails, injectMail, startLeakCheck } from "@nightdesk/testkit";
import { connectGmailControl } from "@nightdesk/testkit/gmail";
import { createGmailClient, rawMail, toBase64Url } from "./gmail-client.ts";

const MAIN = fileURLToPath(import.meta.resolve("@nightdesk/testkit/gmail/main"));

/** The emulator as a process; gone when the work is done. */
async function withProcess(
  env: Record<string, string>,
  work: (baseUrl: string, kill: () => Promise<void>) => Promise<void>,
) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const kill = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const ready = JSON.parse(line) as { baseUrl: string; pid: number };
    assert.equal(ready.pid, child.pid);
    await work(ready.baseUrl, kill);
  } finally {
    await kill();
  }
  assert.equal(child.exitCode, 0, "SIGTERM ends it in order");
}

const TOKENS = JSON.stringify([{ refreshToken: "1//all", scopes: ["gmail.readonly", "gmail.compose"] }]);

test("an emulator in its own process is held by the same controls as one in this process", async () => {
  const leaks = await startLeakCheck();
  await withProcess(
    { GMAIL_ADDRESS: "shop@kunde.example", GMAIL_EMULATOR_TOKENS: TOKENS },
    async (baseUrl) => {
      const gmail = await connectGmailControl(baseUrl);
      assert.equal(gmail.address, "shop@kunde.example");
      assert.equal((await gmail.tokens.list())[0]?.refreshToken, "1//all");
      const client = createGmailClient(gmail, await gmail.tokens.issue("1//all"));

      const [mail] = buildMails(1, 1, { owner: gmail.address, kinds: ["quoted-printable"] });
      assert.ok(mail);
      const { messageId } = await injectMail(gmail, mail);
      const [stored] = await gmail.rawMailbox();
      assert.equal(stored?.messageId, messageId);
      assert.deepEqual(stored?.raw, mail.raw);

      const fault = await gmail.faults.add({
        match: { method: "GET", path: /PROFILE$/i },
        kind: "status",
        status: 500,
      });
      assert.equal((await client("GET", "profile")).status, 500);
      assert.equal((await gmail.faults.list())[0]?.hits, 1);
      await gmail.faults.remove(fault);
      const old = (await client("GET", "profile")).body["historyId"];

      const hold = await gmail.hold({ phase: "after", method: "POST", path: /\/drafts\/send$/ });
      const draft = await client("POST", "drafts", {
        message: { raw: toBase64Url(rawMail({ id: "<p@kunde.example>" })) },
      });
      const sending = assert.rejects(client("POST", "drafts/send", { id: draft.body["id"] }), TypeError);
      assert.equal((await hold.reached).status, 200);
      assert.equal((await gmail.sentMessages()).length, 1);
      await hold.release("drop");
      await sending;

      await gmail.expireHistory();
      assert.equal((await client("GET", `history?startHistoryId=${old}`)).status, 404);
      await gmail.tokens.revoke("1//all");
      await assert.rejects(gmail.tokens.issue("1//all"), (error) =>
        NightdeskError.is(error, "CONTROL_FAILED"),
      );
      await gmail.close();
    },
  );
  await leaks.assertNone();
});

test("an observer that goes away lets go of what waits for it", async () => {
  await withProcess({ GMAIL_EMULATOR_TOKENS: TOKENS }, async (baseUrl) => {
    const observer = await connectGmailControl(baseUrl);
    const client = createGmailClient(observer, await observer.tokens.issue("1//all"));
    const hold = await observer.hold({ phase: "before", path: /profile/ });
    const asking = client("GET", "profile");
    await hold.reached;
    await observer.close();
    assert.equal((await asking).status, 200);
  });
});

test("a malformed setting stops the start and is named with an example", async () => {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, GMAIL_EMULATOR_TOKENS: "not json" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words += chunk.toString()));
  const [exitCode] = (await once(child, "close")) as [number];
  assert.equal(exitCode, 1);
  assert.match(
    words,
    /CONFIG_INVALID: GMAIL_EMULATOR_TOKENS is malformed .*Example: GMAIL_EMULATOR_TOKENS=\[/,
  );
});

test("an emulator that is not there is an error with a code", async () => {
  await assert.rejects(connectGmailControl("http://127.0.0.1:9"), (error) =>
    NightdeskError.is(error, "CONTROL_FAILED"),
  );
});
