import assert from "node:assert/strict";
import { it } from "node:test";
import { simpleParser } from "mailparser";
import { buildReplyMime } from "../src/live/build-reply-mime.ts";
import { parseHeaders } from "../src/mime/parse-headers.ts";

it("the subject arrives as it was shown, also when it looks like an encoded word", async () => {
  for (const subject of [
    "Re: Offer",
    "Re: =?UTF-8?B?SSBhY2NlcHQgdGhlIG9mZmVy?=",
    "Re: Grüße =?utf-8?q?I_accept?= 😀",
    `=?${"x".repeat(300)}`,
  ]) {
    const raw = await buildReplyMime({
      args: {
        to: ["jo@customer.example"],
        cc: [],
        subject,
        body: "Yes.",
        source_message_id: "m1",
        thread_id: "t1",
      },
      from: { name: "", address: "owner@firma.example" },
      source: parseHeaders(Buffer.from("Message-ID: <m1@customer.example>\r\n\r\n")).headers,
      mark: { ref: "r", messageIdHeader: "<r@firma.example>" },
      dateMs: 1_700_000_000_000,
    });
    assert.equal((await simpleParser(raw)).subject, subject);
  }
});
