import type { McpLink } from "@nightdesk/daemon-kit/connect-mcp";
import { z } from "zod";
import type { CloudPorts } from "./ports.ts";

export interface MailBell {
  stop(): void;
}

/** `pushes`: false where the mailbox cannot tell by itself. */
const answer = z.object({ news: z.boolean(), pushes: z.boolean() });

/** Below the 60 s after which a call counts as lost. */
const WAIT_SECONDS = 25;

/**
 * Rings when the mailbox says that a mail may have come. Only a hint: the mailbox is asked at its own pace all
 * the same, so whatever goes wrong here costs seconds and never a mail.
 */
export function startMailBell(
  link: Pick<McpLink, "call">,
  { clock, log }: Pick<CloudPorts, "clock" | "log">,
  options: { retryMs: number; ring: () => void },
): MailBell {
  const state = { isOver: false };
  const listen = async () => {
    while (!state.isOver) {
      try {
        const wait = { seconds: WAIT_SECONDS };
        const { news, pushes } = await link.call("email_wait", wait, answer, { effect: false });
        if (!pushes) return;
        if (news && !state.isOver) options.ring();
      } catch (error) {
        if (state.isOver) return;
        log.debug({ event: "mail.bell_failed", error });
        await clock.sleep(options.retryMs);
      }
    }
  };
  void listen();
  return {
    stop() {
      state.isOver = true;
    },
  };
}
