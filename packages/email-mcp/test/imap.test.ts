import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { waitFor } from "@nightdesk/testkit";
import { MAIL_DEFAULTS, whyNoMailServers } from "@nightdesk/testkit/mail-servers";
import { openImap, type ImapSetup } from "./helpers/open-imap.ts";
import type { Running } from "./helpers/open-email.ts";
import { failsWith } from "./helpers/open-live.ts";

interface Ref {
  message_id: string;
  thread_id: string;
}
interface Changes {
  messages: Ref[];
  cursor: string;
  expired: boolean;
}

const ADDRESS = MAIL_DEFAULTS.address;
const mail = (subject: string) =>
  `From: Jo <jo@customer.example>\r\nTo: ${ADDRESS}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@customer.example>\r\n\r\nHello ${subject}\r\n`;

describe("an IMAP mailbox", { skip: (await whyNoMailServers()) ?? false }, () => {
  let setup: ImapSetup;
  let draft: Running;
  before(async () => {
    setup = await openImap();
    draft = await setup.start("draft");
  });
  after(() => setup.close());

  const cursorNow = async () => (await draft.call<{ cursor: string }>("email_profile")).cursor;
  const newSince = async (cursor: string) =>
    (await draft.call<Changes>("email_changes", { cursor })).messages;
  const arrive = async (subject: string): Promise<Ref> => {
    const cursor = await cursorNow();
    await setup.servers.deliver(mail(subject));
    return waitFor(async () => (await newSince(cursor))[0], { what: `${subject} to arrive` });
  };

  it("is only looked at: reading a mail leaves it unread", async () => {
    const ref = await arrive("unread");
    await draft.call("email_read", { message_id: ref.message_id });
    const flags = await setup.servers.doveadm(
      "fetch",
      "-u",
      ADDRESS,
      "flags",
      "mailbox",
      "INBOX",
      "header",
      "subject",
      "unread",
    );
    assert.doesNotMatch(flags, /\\Seen/);
  });

  it("says by itself that a mail has come, at once", async () => {
    const wait = () => draft.call<{ news: boolean; pushes: boolean }>("email_wait", { seconds: 20 });
    await wait();
    const told = wait();
    await setup.servers.deliver(mail("pushed"));
    const startMs = performance.now();
    assert.deepEqual(await told, { news: true, pushes: true });
    assert.ok(performance.now() - startMs < 5_000);
  });

  it("a mail that another program moved is still known by its id", async () => {
    const ref = await arrive("moved");
    await setup.servers.doveadm(
      "move",
      "-u",
      ADDRESS,
      "Archive",
      "mailbox",
      "INBOX",
      "header",
      "subject",
      "moved",
    );
    const read = await draft.call("email_read", { message_id: ref.message_id });
    assert.equal(read["subject"], "moved");
  });

  // Before Dovecot is stopped below: Postfix asks it about logins.
  describe("sending", () => {
    const prepare = async (
      subject: string,
      to = ["jo@customer.example"],
      extra: Record<string, string> = {},
    ) => {
      const ref = await arrive(subject);
      const live = await setup.start("live", extra);
      const args = {
        to,
        cc: [],
        subject: `Re: ${subject}`,
        body: "Yes.",
        source_message_id: ref.message_id,
        thread_id: ref.thread_id,
      };
      const receipt = setup.receipts.sign(args);
      const { handle } = await live.call<{ handle: string }>("email_prepare", { receipt, args });
      return { live, receipt, handle };
    };
    const subjectsTo = async (address: string) =>
      (await setup.servers.mailsOf(address)).map(
        (raw) => /^Subject: (.*)\r?$/m.exec(raw.toString("latin1"))?.[1],
      );

    it("a copy lies in Sent, once, already read", async () => {
      const { live, receipt, handle } = await prepare("copied");
      await live.call("email_commit", { receipt, handle });
      const found = await setup.servers.doveadm(
        "fetch",
        "-u",
        ADDRESS,
        "flags",
        "mailbox",
        "Sent",
        "header",
        "subject",
        "Re: copied",
      );
      assert.equal(found.match(/\\Seen/g)?.length, 1);
    });

    it("what the server refuses did not go out, and can be sent after it was mended", async () => {
      await setup.servers.refuse("nobody@customer.example");
      const { live, receipt, handle } = await prepare("refused", ["nobody@customer.example"]);
      await assert.rejects(
        live.call("email_commit", { receipt, handle }),
        failsWith("SMTP_REFUSED", "never"),
      );
      assert.equal((await live.call("email_find", { receipt, handle }))["state"], "absent");
    });

    it("with the server down nothing is lost: it goes out once when it is back", async () => {
      const { live, receipt, handle } = await prepare("later");
      await setup.servers.stopSmtp();
      await assert.rejects(
        live.call("email_commit", { receipt, handle }),
        failsWith("SMTP_UNREACHABLE", "safe"),
      );
      await setup.servers.startSmtp();
      await live.call("email_commit", { receipt, handle });
      await waitFor(async () => (await subjectsTo("jo@customer.example")).includes("Re: later"), {
        what: "the mail",
      });
      assert.equal((await subjectsTo("jo@customer.example")).filter((one) => one === "Re: later").length, 1);
    });

    it("an answer that is lost after the text is never sent again: a copy in Sent proves it, absence proves nothing", async () => {
      const deaf = await startDeafServer();
      try {
        const { live, receipt, handle } = await prepare("unclear", ["jo@customer.example"], {
          SMTP_URL: `smtp://127.0.0.1:${deaf.port}?tls=no`,
          SMTP_USER: "",
        });
        const unknown = failsWith("SEND_OUTCOME_UNKNOWN", "ambiguous");
        await assert.rejects(live.call("email_commit", { receipt, handle }), unknown);
        await assert.rejects(live.call("email_commit", { receipt, handle }), unknown);
        const restarted = await setup.start("live");
        await assert.rejects(restarted.call("email_commit", { receipt, handle }), unknown);
        assert.equal((await restarted.call("email_find", { receipt, handle }))["state"], "unknown");
        assert.equal(deaf.mails(), 1);
      } finally {
        await deaf.close();
      }
    });
  });

  it("a broken connection is opened again, and nothing that came meanwhile is missed", async () => {
    const cursor = await cursorNow();
    await setup.servers.stopImap();
    await assert.rejects(draft.call("email_changes", { cursor }), failsWith("IMAP_UNREACHABLE", "safe"));
    await setup.servers.startImap();
    await setup.servers.deliver(mail("meanwhile"));
    const found = await waitFor(async () => (await newSince(cursor))[0], { what: "the mail" });
    assert.equal((await draft.call("email_read", { message_id: found.message_id }))["subject"], "meanwhile");
  });

  it("a connection that waited for mail and broke is a reason to look, and waits again afterwards", async () => {
    const wait = () => draft.call<{ news: boolean }>("email_wait", { seconds: 20 });
    await wait();
    const broken = wait();
    await setup.servers.stopImap();
    assert.equal((await broken).news, true);
    await setup.servers.startImap();
    await wait();
    const again = wait();
    await setup.servers.deliver(mail("pushed again"));
    assert.equal((await again).news, true);
  });

  it("a mailbox whose numbers mean others now (UIDVALIDITY) says so, and every mail keeps its id", async () => {
    const ref = await arrive("renumbered");
    const cursor = await cursorNow();
    await setup.servers.doveadm("mailbox", "update", "-u", ADDRESS, "--uid-validity", "4711", "INBOX");
    const changes = await waitFor(
      async () => {
        const page = await draft.call<Changes>("email_changes", { cursor });
        return page.expired ? page : null;
      },
      { what: "the change to be noticed" },
    );
    assert.deepEqual(changes.messages, []);
    const search = await draft.call<Changes>("email_search", { query: "in:inbox subject:renumbered" });
    assert.deepEqual(
      search.messages.map(({ message_id }) => message_id),
      [ref.message_id],
    );
    assert.equal((await draft.call("email_read", { message_id: ref.message_id }))["subject"], "renumbered");
  });

  it("a search it cannot answer exactly is refused, and says what works", async () => {
    for (const query of ["has:attachment", "in:nowhere", "a OR b", "newer_than:soon"])
      await assert.rejects(draft.call("email_search", { query }), failsWith("SEARCH_UNSUPPORTED"));
  });

  it("a wrong password is said at the start, without the password", async () => {
    await assert.rejects(setup.start("draft", { IMAP_PASSWORD: "not-the-password" }), (error: Error) => {
      assert.equal((error as { code?: string }).code, "IMAP_LOGIN_FAILED");
      assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /not-the-password/);
      return true;
    });
  });

  it("a password is told over TLS only, or to a server on this very machine", async () => {
    for (const url of [
      "imap://mail.example.com?tls=no",
      "http://mail.example.com",
      "imaps://u:p@mail.example.com",
    ])
      await assert.rejects(setup.start("draft", { IMAP_URL: url }), failsWith("CONFIG_INVALID"));
  });

  it("the cloud does not start with a password for sending", async () => {
    await assert.rejects(setup.start("draft", { SMTP_PASSWORD: "x" }), failsWith("CONFIG_FORBIDDEN_SECRET"));
  });
});

/** Takes a mail whole and hangs up instead of answering. */
async function startDeafServer(): Promise<{ port: number; mails(): number; close(): Promise<void> }> {
  let mails = 0;
  const talk = (socket: Socket) => {
    let inText = false;
    let text = "";
    socket.write("220 deaf\r\n");
    socket.on("error", () => undefined);
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (inText) {
        if (!text.includes("\r\n.\r\n")) return;
        mails += 1;
        socket.destroy();
        return;
      }
      for (let end = text.indexOf("\r\n"); end >= 0 && !inText; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        inText = /^DATA$/i.test(line);
        socket.write(inText ? "354 go on\r\n" : "250 ok\r\n");
      }
    });
  };
  const server = createServer(talk).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    mails: () => mails,
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}
