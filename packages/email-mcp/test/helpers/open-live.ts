import assert from "node:assert/strict";
import { GMAIL_DEFAULTS } from "@nightdesk/testkit";
import { openEmail, type EmailSetup } from "./open-email.ts";

/** Everything that a text on its way may lose: blanks at line ends, long lines, dots, "From ", emoji, no last line break. */
export const BODY = `Dear Jo,\n\nthank you \u{1F600} \u2013 trailing blanks  \nFrom here on it is simple:\n.\n${"long ".repeat(400)}\nRobin  `;

export interface LiveSetup extends EmailSetup {
  /** The mail that is answered. */
  source: { messageId: string; threadId: string };
  makeArgs(changes?: object): Record<string, unknown>;
  countDrafts(): Promise<number>;
  /** What the owner's own hand does in Gmail's window. */
  askGmail(method: string, path: string, body?: object): Promise<void>;
}

/** A mailbox with one mail, third in its thread, that waits for a reply. */
export async function openLive(): Promise<LiveSetup> {
  const setup = await openEmail();
  const source = await setup.gmail.inject(
    [
      "From: Jo Customer <jo@customer.example>",
      `To: ${setup.gmail.address}`,
      "Cc: Kim <kim@customer.example>",
      "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
      "Message-ID: <m3@customer.example>",
      "In-Reply-To: <m2@customer.example>",
      "References: <m1@customer.example> <m2@customer.example>",
      "Date: Fri, 20 Nov 2026 10:00:00 +0000",
      "",
      "How much is it?",
    ].join("\r\n"),
  );
  return {
    ...setup,
    source,
    makeArgs: (changes = {}) => ({
      to: ["jo@customer.example"],
      cc: ["kim@customer.example"],
      subject: "Re: Gr\u00fc\u00dfe",
      body: BODY,
      source_message_id: source.messageId,
      thread_id: source.threadId,
      ...changes,
    }),
    async countDrafts() {
      return (await setup.gmail.rawMailbox()).filter(({ labels }) => labels.includes("DRAFT")).length;
    },
    async askGmail(method, path, body) {
      const token = await setup.gmail.tokens.issue(GMAIL_DEFAULTS.composeToken);
      const answer = await fetch(`${setup.gmail.baseUrl}/gmail/v1/users/me/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    },
  };
}

/** For assert.rejects: the code, and what the caller may do about it. */
export function failsWith(code: string, retry?: string) {
  return (error: { code?: string; retry?: string }) => {
    assert.equal(error.code, code);
    if (retry) assert.equal(error.retry, retry);
    return true;
  };
}
