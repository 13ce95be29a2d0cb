import { z } from "zod";
import { defineTool } from "./define-tool.ts";
import type { ReadDeps } from "./read-deps.ts";

/** An MCP client gives up on a call after 60 s. */
const MAX_WAIT_SECONDS = 50;

export const emailWait = defineTool({
  name: "email_wait",
  title: "Wait for mail",
  description:
    "Answers as soon as a mail may have come, or when the time is over; then look with email_changes. pushes: false when this mailbox cannot tell by itself and has to be asked from time to time.",
  input: z.strictObject({ seconds: z.int().min(1).max(MAX_WAIT_SECONDS).default(25) }),
  output: z.strictObject({ news: z.boolean(), pushes: z.boolean() }),
  effect: "reads",
  run: async ({ seconds }, { reader }: ReadDeps) => {
    if (!reader.untilNews) return { news: false, pushes: false };
    return { news: await reader.untilNews(seconds * 1000), pushes: true };
  },
});
