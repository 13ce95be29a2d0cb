import type { Tool } from "./define-tool.ts";
import { emailChanges } from "./email-changes.ts";
import { emailComposeReply } from "./email-compose-reply.ts";
import { emailProfile } from "./email-profile.ts";
import { emailRead } from "./email-read.ts";
import { emailSearch } from "./email-search.ts";
import { emailThread } from "./email-thread.ts";
import { emailWait } from "./email-wait.ts";
import type { ReadDeps } from "./read-deps.ts";

/** The tools of both modes. None of them changes anything. */
export const READ_TOOLS: readonly Tool<ReadDeps>[] = [
  emailProfile,
  emailChanges,
  emailWait,
  emailSearch,
  emailRead,
  emailThread,
  emailComposeReply,
];
