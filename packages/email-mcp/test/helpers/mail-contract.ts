import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { waitFor } from "@nightdesk/testkit";
import { simpleParser } from "mailparser";
import type { Running } from "./open-email.ts";
import { BODY, failsWith } from "./open-live.ts";
import type { ReceiptDesk } from "./receipt-desk.ts";

/** One mailbox and the world around it, whoever keeps it. */
export interface ContractMailbox {
  address: string;
  receipts: ReceiptDesk;
  start(mode: "draft" | "live"): Promise<Running>;
  /** A mail arrives in the inbox. */
  deliver(raw: string): Promise<void>;
  /** Every mail that went out to this address, as its reader gets it. */
  sentTo(address: string): Promise<Buffer[]>;
  close(): Promise<void>;
}

interface Ref {
  message_id: string;
  thread_id: string;
}
interface Changes {
  messages: Ref[];
  cursor: string;
  expired: boolean;
  next_page_token?: string;
}

const CUSTOMER = "jo@customer.example";

function mail(subject: string, id: string, more: readonly string[] = []): string {
  return [
    `From: Jo Customer <${CUSTOMER}>`,
    "To: owner@firma.example",
    `Subject: ${subject}`,
    `Message-ID: <${id}@customer.example>`,
    "Date: Fri, 20 Nov 2026 10:00:00 +0000",
    "Content-Type: text/plain; charset=utf-8",
    ...more,
    "",
    "How much is it?",
    "",
  ].join("\r\n");
}

/** What every provider must keep. */
export function runMailContract(
  name: string,
  open: () => Promise<ContractMailbox>,
  skip: string | false = false,
): void {
  describe(`the contract of a mailbox: ${name}`, { skip }, () => {
    let box: ContractMailbox;
    let draft: Running;
    let live: Running;
    before(async () => {
      box = await open();
      draft = await box.start("draft");
      live = await box.start("live");
    });
    after(() => box.close());

    const arrive = async (raw: string): Promise<Ref> => {
      const { cursor } = await draft.call<{ cursor: string }>("email_profile");
      await box.deliver(raw);
      return waitFor(async () => (await draft.call<Changes>("email_changes", { cursor })).messages[0], {
        what: "the mail to arrive",
      });
    };
    const argsFor = async (ref: Ref) => {
      const reply = await draft.call<Record<string, unknown>>("email_compose_reply", idOf(ref));
      return {
        to: reply["to"],
        cc: reply["cc"],
        subject: reply["subject"],
        body: BODY,
        source_message_id: ref.message_id,
        thread_id: ref.thread_id,
      };
    };
    const idOf = ({ message_id }: Ref) => ({ message_id });
    const sent = () => box.sentTo(CUSTOMER);

    it("new mails are told once, in their order, and never again after the cursor moved on", async () => {
      const { account, cursor } = await draft.call<{ account: string; cursor: string }>("email_profile");
      assert.equal(account, box.address);
      await box.deliver(mail("one", "one"));
      await box.deliver(mail("two", "two"));
      const changes = await waitFor(
        async () => {
          const page = await draft.call<Changes>("email_changes", { cursor });
          return page.messages.length === 2 ? page : null;
        },
        { what: "both mails" },
      );
      const subjects = await Promise.all(
        changes.messages.map(async (ref) => (await draft.call("email_read", idOf(ref)))["subject"]),
      );
      assert.deepEqual(subjects, ["one", "two"]);
      const next = await draft.call<Changes>("email_changes", { cursor: changes.cursor });
      assert.deepEqual([next.messages, next.expired], [[], false]);
    });

    it("both machines know a mail by the same id, and so does a server that is started anew", async () => {
      const ref = await arrive(mail("same", "same"));
      const again = await box.start("live");
      for (const server of [draft, live, again]) {
        const read = await server.call("email_read", idOf(ref));
        assert.deepEqual([read["message_id"], read["thread_id"]], [ref.message_id, ref.thread_id]);
      }
    });

    it("a copied Message-ID does not hide another mail behind it", async () => {
      const first = await arrive(mail("honest", "twice"));
      const second = await arrive(mail("forged", "twice"));
      assert.notEqual(first.message_id, second.message_id);
      assert.equal((await draft.call("email_read", idOf(second)))["subject"], "forged");
    });

    it("an answer belongs to the thread it names, and an id nobody gave is not found", async () => {
      const first = await arrive(mail("thread", "root"));
      const answer = await arrive(
        mail("Re: thread", "answer", [
          "In-Reply-To: <root@customer.example>",
          "References: <root@customer.example>",
        ]),
      );
      assert.equal(answer.thread_id, first.thread_id);
      const thread = await live.call<{ messages: { message_id: string; sent_by_owner: boolean }[] }>(
        "email_thread",
        { thread_id: first.thread_id },
      );
      assert.deepEqual(
        thread.messages.map(({ message_id, sent_by_owner }) => [message_id, sent_by_owner]),
        [
          [first.message_id, false],
          [answer.message_id, false],
        ],
      );
      const code = (error: { code?: string }) => (error.code ?? "").endsWith("_NOT_FOUND");
      await assert.rejects(draft.call("email_read", { message_id: "0123456789abcdef" }), code);
    });

    it("the inbox is searched in Gmail's words, newest first, page by page", async () => {
      await arrive(mail("needle in hay", "needle1"));
      const newest = await arrive(mail("needle again", "needle2"));
      const query = "in:inbox newer_than:7d subject:needle";
      const page = await draft.call<Changes>("email_search", { query, limit: 1 });
      assert.equal(page.messages[0]?.message_id, newest.message_id);
      const next = await draft.call<Changes>("email_search", {
        query,
        limit: 1,
        page_token: page.next_page_token,
      });
      assert.equal(next.messages.length, 1);
      assert.notEqual(next.messages[0]?.message_id, newest.message_id);
      assert.equal(next.next_page_token, undefined);
    });

    it("an approved reply goes out once, word for word, in its thread, and is found in it as the owner's", async () => {
      const ref = await arrive(mail("an offer", "offer"));
      const args = await argsFor(ref);
      assert.deepEqual(args.to, [CUSTOMER]);
      const receipt = box.receipts.sign(args);
      const { handle } = await live.call("email_prepare", { receipt, args });
      assert.equal((await live.call("email_find", { receipt, handle }))["state"], "absent");
      const before = (await sent()).length;
      const first = await live.call("email_commit", { receipt, handle });
      assert.deepEqual(await live.call("email_commit", { receipt, handle }), first);
      const mails = await waitFor(async () => ((await sent()).length > before ? sent() : null), {
        what: "the mail",
      });
      assert.equal(mails.length, before + 1);
      const parsed = await simpleParser(mails.at(-1) ?? Buffer.alloc(0));
      assert.equal(parsed.text, BODY);
      assert.equal(parsed.subject, "Re: an offer");
      assert.equal(parsed.inReplyTo, "<offer@customer.example>");
      assert.equal((await live.call("email_find", { receipt, handle }))["state"], "done");
      const restarted = await box.start("live");
      assert.deepEqual(await restarted.call("email_commit", { receipt, handle }), first);
      assert.equal((await sent()).length, before + 1);
      const thread = await live.call<{ messages: { sent_by_owner: boolean }[] }>("email_thread", {
        thread_id: ref.thread_id,
      });
      assert.deepEqual(
        thread.messages.map(({ sent_by_owner }) => sent_by_owner),
        [false, true],
      );
    });

    it("without a receipt, with a forged one, or with other words nothing is prepared and nothing goes out", async () => {
      const ref = await arrive(mail("refused", "refused"));
      const args = await argsFor(ref);
      const before = (await sent()).length;
      const cases = [
        [undefined, args, "RECEIPT_MISSING"],
        [box.receipts.forge(args), args, "RECEIPT_FORGED"],
        [box.receipts.sign(args), { ...args, to: ["eve@evil.example"] }, "RECEIPT_MISMATCH"],
      ] as const;
      for (const [receipt, wanted, code] of cases)
        await assert.rejects(live.call("email_prepare", { receipt, args: wanted }), failsWith(code));
      assert.equal((await sent()).length, before);
    });

    it("two servers that prepare and commit at once send one mail", async () => {
      const ref = await arrive(mail("at once", "once"));
      const other = await box.start("live");
      const args = await argsFor(ref);
      const receipt = box.receipts.sign(args);
      const before = (await sent()).length;
      const [one, two] = await Promise.all(
        [live, other].map((server) => server.call<{ handle: string }>("email_prepare", { receipt, args })),
      );
      assert.deepEqual(one, two);
      await Promise.allSettled(
        [live, other, other].map((server) => server.call("email_commit", { receipt, handle: one?.handle })),
      );
      await waitFor(async () => (await sent()).length > before, { what: "the mail" });
      await waitFor(
        async () => (await live.call("email_find", { receipt, handle: one?.handle }))["state"] === "done",
        { what: "the mail to be known as sent" },
      );
      assert.equal((await sent()).length, before + 1);
    });

    it("the draft server has no tool with an effect", async () => {
      const { tools } = await draft.client.listTools();
      assert.deepEqual(
        tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name: tool }) => tool),
        [],
      );
    });
  });
}
