import type { Clock, Random } from "@nightdesk/claim-lib";
import { createSeededRandom } from "../seeded-random.ts";
import { createControlApi } from "./control-api.ts";
import { createFaultPlan } from "./fault-plan.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import type { GmailControl, GrantedToken } from "./gmail-control.ts";
import { GMAIL_DEFAULTS } from "./gmail-defaults.ts";
import { createMailbox } from "./gmail-mailbox.ts";
import { createGmailRoutes } from "./gmail-routes.ts";
import { startUpstream } from "./gmail-upstream.ts";
import { holdRequest } from "./hold-request.ts";
import { createRequestEvents, type RequestListener } from "./request-events.ts";
import { createTokenDesk } from "./token-desk.ts";

export interface GmailOptions {
  /** The mailbox. */
  address?: string;
  ownerName?: string;
  /** 0, a free one, when left out. */
  port?: number;
  clientId?: string;
  clientSecret?: string;
  refreshTokens?: readonly GrantedToken[];
  accessTokenSeconds?: number;
  clock?: Clock;
  /** For faults with a probability. */
  random?: Random;
}

const DEFAULT_TOKENS: readonly GrantedToken[] = [
  { refreshToken: GMAIL_DEFAULTS.readonlyToken, scopes: ["gmail.readonly"] },
  { refreshToken: GMAIL_DEFAULTS.composeToken, scopes: ["gmail.readonly", "gmail.compose"] },
];

const machineClock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
};

/**
 * Starts the independent Gmail emulator with the fault proxy in front, both on loopback, and gives the
 * controls. Close it at the end.
 */
export async function startGmail(options: GmailOptions = {}): Promise<GmailControl> {
  const address = options.address ?? GMAIL_DEFAULTS.address;
  const clock = options.clock ?? machineClock;
  const upstream = await startUpstream(address, options.ownerName ?? GMAIL_DEFAULTS.ownerName);
  try {
    const mailbox = createMailbox(upstream, address, clock);
    const gmail = createGmailRoutes({ upstream, mailbox, address, clock });
    const events = createRequestEvents();
    const faults = createFaultPlan(options.random ?? createSeededRandom(1));
    const tokens = createTokenDesk({
      clock,
      address,
      clientId: options.clientId ?? GMAIL_DEFAULTS.clientId,
      clientSecret: options.clientSecret ?? GMAIL_DEFAULTS.clientSecret,
      refreshTokens: options.refreshTokens ?? DEFAULT_TOKENS,
      accessTokenSeconds: options.accessTokenSeconds ?? 3600,
    });
    const onRequest = async (listener: RequestListener) => {
      const stop = events.listen(listener);
      return async () => stop();
    };
    const withoutServer = {
      address,
      tokens,
      faults,
      inject: mailbox.inject,
      sentMessages: async () => gmail.sent(),
      rawMailbox: mailbox.readAll,
      expireHistory: gmail.expireHistory,
      onRequest,
    };
    const control = createControlApi(withoutServer);
    const proxy = await startFaultProxy({ clock, faults, events, tokens, gmail, control }, options.port ?? 0);
    return {
      ...withoutServer,
      baseUrl: proxy.baseUrl,
      hold: (match) => holdRequest(match, onRequest),
      async close() {
        await proxy.close();
        await upstream.close();
      },
    };
  } catch (error) {
    await upstream.close();
    throw error;
  }
}
