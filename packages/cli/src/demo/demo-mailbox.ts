import {
  GMAIL_DEFAULTS,
  type GmailControl,
  type InjectOptions,
  type InjectedMail,
  type MailboxMessage,
  type SentMessage,
} from "@nightdesk/testkit";
import type { ZoneName } from "./watch-vault.ts";

/** The mailbox of a run, whoever keeps it, as the demo looks at it from outside. */
export interface DemoMailbox {
  address: string;
  /** What a machine's programs need to open it. */
  settings(zone: ZoneName): Record<string, string>;
  /** A mail arrives, or lies there from earlier. */
  inject(raw: Buffer | string, options?: InjectOptions): Promise<InjectedMail>;
  /** What has gone out, in order. */
  sentMessages(): Promise<SentMessage[]>;
  /** Every message there is; what went out is labelled SENT. */
  rawMailbox(): Promise<MailboxMessage[]>;
  /** Stops a request half-way; null where the provider is real and nobody can. */
  hold: GmailControl["hold"] | null;
  close(): Promise<void>;
}

/** The Gmail emulator. */
export async function openGmailMailbox(): Promise<DemoMailbox> {
  const { startGmail } = await import("@nightdesk/testkit/gmail");
  const gmail = await startGmail();
  return {
    address: gmail.address,
    settings: (zone) => ({
      GMAIL_CLIENT_ID: GMAIL_DEFAULTS.clientId,
      GMAIL_CLIENT_SECRET: GMAIL_DEFAULTS.clientSecret,
      GMAIL_ADDRESS: gmail.address,
      GMAIL_BASE_URL: gmail.baseUrl,
      GMAIL_REFRESH_TOKEN: zone === "cloud" ? GMAIL_DEFAULTS.readonlyToken : GMAIL_DEFAULTS.composeToken,
    }),
    inject: (raw, options) => gmail.inject(raw, options),
    sentMessages: () => gmail.sentMessages(),
    rawMailbox: () => gmail.rawMailbox(),
    hold: (match) => gmail.hold(match),
    close: () => gmail.close(),
  };
}
