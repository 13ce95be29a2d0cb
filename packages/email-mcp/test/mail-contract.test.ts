import { GMAIL_DEFAULTS } from "@nightdesk/testkit";
import { MAIL_DEFAULTS, whyNoMailServers } from "@nightdesk/testkit/mail-servers";
import { parseHeaders } from "../src/mime/parse-headers.ts";
import { runMailContract } from "./helpers/mail-contract.ts";
import { openEmail } from "./helpers/open-email.ts";
import { openImap } from "./helpers/open-imap.ts";

runMailContract("Gmail", async () => {
  const setup = await openEmail();
  return {
    address: GMAIL_DEFAULTS.address,
    receipts: setup.receipts,
    start: setup.start,
    deliver: async (raw) => void (await setup.gmail.inject(raw)),
    sentTo: async (address) =>
      (await setup.gmail.sentMessages())
        .map(({ raw }) => raw)
        .filter((raw) =>
          parseHeaders(raw)
            .headers.get("to")
            ?.some((line) => line.includes(address)),
        ),
    close: setup.close,
  };
});

runMailContract(
  "IMAP and SMTP (Dovecot, Postfix)",
  async () => {
    const setup = await openImap();
    return {
      address: MAIL_DEFAULTS.address,
      receipts: setup.receipts,
      start: setup.start,
      deliver: (raw) => setup.servers.deliver(raw),
      sentTo: (address) => setup.servers.mailsOf(address),
      close: setup.close,
    };
  },
  (await whyNoMailServers()) ?? false,
);
