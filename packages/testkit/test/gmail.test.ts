import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GMAIL_DEFAULTS, startLeakCheck, type GmailControl } from "@nightdesk/testkit";
import { startGmail } from "@nightdesk/testkit/gmail";
import { createGmailClient, rawMail, refresh, toBase64Url } from "./gmail-client.ts";

let gmail: GmailControl;
let reader: ReturnType<typeof createGmailClient>;
let writer: ReturnType<typeof createGmailClient>;
const leaks = await startLeakCheck();

before(async () => {
  gmail = await startGmail();
  reader = createGmailClient(gmail, await gmail.tokens.issue(GMAIL_DEFAULTS.readonlyToken));
  writer = createGmailClient(gmail, await gmail.tokens.issue(GMAIL_DEFAULTS.composeToken));
});

after(async () => {
  await gmail.close();
  await leaks.assertNone();
});

function ids(list: unknown): unknown[] {
  assert.ok(Array.isArray(list), "a list");
  return list.map((entry: { id: unknown }) => entry.id);
}

/** A mail has come in and a reply to it lies in the drafts. */
async function draftReply(
  name: string,
  change: { subject?: string; inReplyTo?: string; threadId?: string } = {},
) {
  const mail = await gmail.inject(rawMail({ id: `<${name}@kunde.example>`, subject: `Offer ${name}` }));
  const raw = rawMail({
    id: `<re-${name}@brightside.example>`,
    from: gmail.address,
    to: "anna@kunde.example",
    subject: change.subject ?? `Re: Offer ${name}`,
    inReplyTo: change.inReplyTo ?? `<${name}@kunde.example>`,
  });
  const draft = await writer("POST", "drafts", {
    message: { raw: toBase64Url(raw), threadId: change.threadId ?? mail.threadId },
  });
  return { mail, raw, draft, draftId: String(draft.body["id"]) };
}

test("the profile names the mailbox and a historyId from which new mail is found", async () => {
  const profile = await reader("GET", "profile");
  assert.equal(profile.body["emailAddress"], gmail.address);
  const mail = await gmail.inject(rawMail({ id: "<history@kunde.example>" }));
  const history = await reader(
    "GET",
    `history?startHistoryId=${profile.body["historyId"]}&historyTypes=messageAdded&labelId=INBOX`,
  );
  const added = JSON.stringify(history.body["history"]);
  assert.ok(added.includes(mail.messageId), added);
  const nothing = await reader("GET", `history?startHistoryId=${history.body["historyId"]}`);
  assert.deepEqual(Object.keys(nothing.body), ["historyId"], "an empty list is left out, as Gmail does");
});

test("a historyId from before the floor is answered with 404, a newer one is not", async () => {
  const old = (await reader("GET", "profile")).body["historyId"];
  await gmail.inject(rawMail({ id: "<floor@kunde.example>" }));
  await gmail.expireHistory();
  assert.equal((await reader("GET", `history?startHistoryId=${old}`)).status, 404);
  const newest = (await reader("GET", "profile")).body["historyId"];
  assert.equal((await reader("GET", `history?startHistoryId=${newest}`)).status, 200);
  assert.equal((await reader("GET", "history?startHistoryId=abc")).status, 400);
});

test("the raw bytes of a mail come back as they were injected, high bytes included", async () => {
  const raw = Buffer.concat([
    Buffer.from(rawMail({ id: "<bytes@kunde.example>" })),
    Buffer.from([0xe4, 0x80, 0xff, 0x0d, 0x0a]),
  ]);
  const { messageId } = await gmail.inject(raw, { receivedAtMs: 1_790_000_000_000 });
  const read = await reader("GET", `messages/${messageId}?format=raw`);
  assert.deepEqual(Buffer.from(String(read.body["raw"]), "base64url"), raw);
  assert.equal(read.body["internalDate"], "1790000000000");
  assert.deepEqual(read.body["labelIds"], ["INBOX", "UNREAD"]);
});

test("a mail is found by its Message-ID, whatever the letters' case, and only that one", async () => {
  const { messageId } = await gmail.inject(rawMail({ id: "<Find.Me@kunde.example>" }));
  const find = async (q: string) => (await reader("GET", `messages?q=${encodeURIComponent(q)}`)).body;
  assert.deepEqual(ids((await find("rfc822msgid:<find.me@kunde.example>"))["messages"]), [messageId]);
  assert.deepEqual(
    ids((await find("in:anywhere rfc822msgid:Find.Me@kunde.example newer_than:1d"))["messages"]),
    [messageId],
  );
  assert.deepEqual(await find("rfc822msgid:other@kunde.example"), { resultSizeEstimate: 0 });
  assert.deepEqual(await find("rfc822msgid:find.me@kunde.example in:sent"), { resultSizeEstimate: 0 });
});

test("a sent draft is gone, is sent once, and lies in the thread under a new id", async () => {
  const { mail, raw, draft, draftId } = await draftReply("once");
  assert.equal(draft.status, 200);
  const beforeMs = Date.now();
  const sent = await writer("POST", "drafts/send", { id: draftId });
  assert.equal(sent.body["threadId"], mail.threadId);
  assert.deepEqual(sent.body["labelIds"], ["SENT"]);
  assert.notEqual(
    sent.body["id"],
    (draft.body["message"] as { id: string }).id,
    "Gmail gives the sent message a new id",
  );
  assert.equal((await writer("POST", "drafts/send", { id: draftId })).status, 404);
  assert.equal((await writer("GET", `drafts/${draftId}`)).status, 404);

  const seen = (await gmail.sentMessages()).filter((message) => message.threadId === mail.threadId);
  assert.deepEqual(
    seen.map((message) => message.raw.toString()),
    [raw],
  );
  assert.ok(seen.every((message) => message.sentAtMs >= beforeMs && message.sentAtMs <= Date.now()));
  const mailbox = (await gmail.rawMailbox()).filter((message) => message.threadId === mail.threadId);
  assert.deepEqual(
    mailbox.map((message) => message.labels),
    [["INBOX", "UNREAD"], ["SENT"]],
  );
});

test("two sends of one draft at the same moment send one mail", async () => {
  const { mail, draftId } = await draftReply("race");
  const answers = await Promise.all([1, 2, 3].map(() => writer("POST", "drafts/send", { id: draftId })));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 404, 404]);
  assert.equal(
    (await gmail.sentMessages()).filter((message) => message.threadId === mail.threadId).length,
    1,
  );
});

test("a reply whose headers or subject do not belong to the thread does not get into it", async () => {
  const right = await draftReply("right", { subject: "=?utf-8?Q?AW:_Offer_right?=" });
  assert.equal((right.draft.body["message"] as { threadId: string }).threadId, right.mail.threadId);
  for (const change of [
    { inReplyTo: "<unknown@kunde.example>" },
    { subject: "Something else" },
    { threadId: "" },
  ]) {
    const wrong = await draftReply(`wrong-${JSON.stringify(change).length}`, change);
    assert.equal(wrong.draft.status, 200);
    assert.notEqual((wrong.draft.body["message"] as { threadId: string }).threadId, wrong.mail.threadId);
  }
  assert.equal((await draftReply("nowhere", { threadId: "thr_unknown" })).draft.status, 404);
});

test("an uploaded draft holds the message and not its wrapping", async () => {
  const raw = Buffer.concat([
    Buffer.from(rawMail({ id: "<upload@brightside.example>" })),
    Buffer.from([0xff, 0xe4]),
  ]);
  const token = await gmail.tokens.issue(GMAIL_DEFAULTS.composeToken);
  const body = Buffer.concat([
    Buffer.from(
      '--b1\r\ncontent-type: application/json\r\n\r\n{"message":{}}\r\n--b1\r\ncontent-type: message/rfc822\r\n\r\n',
    ),
    raw,
    Buffer.from("\r\n--b1--"),
  ]);
  const answer = await fetch(`${gmail.baseUrl}/upload/gmail/v1/users/me/drafts?uploadType=multipart`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "multipart/related; boundary=b1" },
    body,
  });
  const { id } = (await answer.json()) as { id: string };
  const stored = (await writer("GET", `drafts/${id}?format=raw`)).body["message"] as { raw: string };
  assert.deepEqual(Buffer.from(stored.raw, "base64url"), raw);
});

test("the readonly token reads and is refused, in Google's words, whatever would change something", async () => {
  assert.equal((await reader("GET", "messages")).status, 200);
  for (const [method, path] of [
    ["POST", "drafts"],
    ["POST", "drafts/send"],
    ["POST", "messages/send"],
    ["POST", "messages"],
    ["DELETE", "messages/x"],
  ]) {
    const answer = await reader(method ?? "", path ?? "", {});
    assert.equal(answer.status, 403, `${method} ${path}`);
    const error = answer.body["error"] as { status: string; message: string; details: { reason: string }[] };
    assert.equal(error.status, "PERMISSION_DENIED");
    assert.equal(error.details[0]?.reason, "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
  }
  assert.equal((await writer("POST", "messages/x/trash", {})).status, 403, "compose may not move mail");
});

test("a bearer token that is unknown, missing or expired is answered with 401", async () => {
  assert.equal((await createGmailClient(gmail, "made-up")("GET", "profile")).status, 401);
  const answer = await fetch(`${gmail.baseUrl}/gmail/v1/users/me/profile`);
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get("www-authenticate") ?? "", /invalid_token/);
});

test("refreshing gives a token with the granted scopes; a wrong secret or token does not", async () => {
  const good = await refresh(gmail);
  assert.equal(good.status, 200);
  assert.equal(good.body["scope"], "https://www.googleapis.com/auth/gmail.readonly");
  assert.equal(
    (await createGmailClient(gmail, String(good.body["access_token"]))("GET", "profile")).status,
    200,
  );
  assert.equal((await refresh(gmail, { refresh_token: "1//other" })).body["error"], "invalid_grant");
  assert.equal((await refresh(gmail, { client_secret: "wrong" })).body["error"], "invalid_client");
  assert.equal((await refresh(gmail, { grant_type: "password" })).body["error"], "unsupported_grant_type");
});

test("tokeninfo tells a token's scopes, client and time left, at each of Google's addresses", async () => {
  const token = await gmail.tokens.issue(GMAIL_DEFAULTS.composeToken);
  const scope =
    "https://www.googleapis.com/auth/gmail.readonly https://www.googleapis.com/auth/gmail.compose";
  for (const path of ["tokeninfo", "oauth2/v3/tokeninfo"]) {
    const info = (await (await fetch(`${gmail.baseUrl}/${path}?access_token=${token}`)).json()) as Record<
      string,
      string
    >;
    assert.equal(info["scope"], scope);
    assert.equal(info["aud"], GMAIL_DEFAULTS.clientId);
    assert.equal(typeof info["expires_in"], "string");
    assert.ok(Number(info["expires_in"]) > 3500);
  }
  const posted = await fetch(`${gmail.baseUrl}/tokeninfo`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(
    ((await posted.json()) as Record<string, string>)["scope"],
    scope,
    "as Google's own client asks",
  );
  assert.equal((await fetch(`${gmail.baseUrl}/tokeninfo?access_token=other`)).status, 400);
});

test("an address is told only to a token that may see it", async () => {
  const refreshTokens = [{ refreshToken: "r", scopes: ["gmail.readonly", "userinfo.email"] }];
  const other = await startGmail({ address: "shop@kunde.example", refreshTokens });
  try {
    const info = await fetch(`${other.baseUrl}/tokeninfo?access_token=${await other.tokens.issue("r")}`);
    assert.equal(((await info.json()) as Record<string, string>)["email"], "shop@kunde.example");
  } finally {
    await other.close();
  }
});

test("after expireAll a client must refresh, and after revoke it cannot", async () => {
  const other = await startGmail();
  try {
    const token = String((await refresh(other)).body["access_token"]);
    await other.tokens.expireAll();
    assert.equal((await createGmailClient(other, token)("GET", "profile")).status, 401);
    const second = String((await refresh(other)).body["access_token"]);
    assert.equal((await createGmailClient(other, second)("GET", "profile")).status, 200);
    await other.tokens.revoke(GMAIL_DEFAULTS.readonlyToken);
    assert.equal((await createGmailClient(other, second)("GET", "profile")).status, 401);
    assert.equal((await refresh(other)).body["error"], "invalid_grant");
  } finally {
    await other.close();
  }
});

test("the raw mailbox shows a new label and a draft's new text on the next look", async () => {
  const other = await startGmail({
    refreshTokens: [{ refreshToken: "all", scopes: ["https://mail.google.com/"] }],
  });
  try {
    const client = createGmailClient(other, await other.tokens.issue("all"));
    const { messageId } = await other.inject(rawMail({ id: "<labels@kunde.example>" }));
    assert.deepEqual(
      (await other.rawMailbox()).map((message) => message.labels),
      [["INBOX", "UNREAD"]],
    );
    await client("POST", `messages/${messageId}/modify`, { removeLabelIds: ["UNREAD"] });
    assert.deepEqual(
      (await other.rawMailbox()).map((message) => message.labels),
      [["INBOX"]],
    );
    const draft = await client("POST", "drafts", { message: { raw: toBase64Url("Subject: one\r\n\r\n1") } });
    assert.equal((await other.rawMailbox()).length, 2);
    await client("PUT", `drafts/${draft.body["id"]}`, {
      message: { raw: toBase64Url("Subject: two\r\n\r\n2") },
    });
    const drafts = (await other.rawMailbox()).filter((message) => message.labels.includes("DRAFT"));
    assert.deepEqual(
      drafts.map((message) => message.raw.toString()),
      ["Subject: two\r\n\r\n2"],
    );
    await client("DELETE", `messages/${messageId}`);
    assert.equal((await other.rawMailbox()).length, 1);
  } finally {
    await other.close();
  }
});
