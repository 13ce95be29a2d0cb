import {
  absolutePath,
  COMMON_EXAMPLES,
  commonFields,
  wholeNumber,
} from "@nightdesk/daemon-kit/common-config";
import { loadConfig, type Environment } from "@nightdesk/daemon-kit/load-config";
import { lacksKey, thinkFields, THINK_EXAMPLES } from "@nightdesk/think";
import { join } from "node:path";
import { z } from "zod";

const schema = z
  .object({
    ...commonFields,
    ...thinkFields,
    AGENT_TYPE: z.literal("cloud", {
      message: "must be cloud: the drafting program does not run on the laptop",
    }),
    CHANNELS: commonFields.CHANNELS.refine((names) => names.includes("email"), {
      message: "must name email",
    }),
    EMAIL_MCP_SOCKET: absolutePath().optional(),
    /** Gmail answers a history request in about 50 ms and counts 2 of 250 units a second: 1 s is polite still. */
    MAIL_POLL_SECONDS: wholeNumber({ min: 1, max: 3600, default: 10 }),
    /** 0: only what arrives from now on. */
    MAIL_BACKLOG_DAYS: wholeNumber({ min: 0, max: 90, default: 7 }),
    /** Stands under the drafts. */
    OWNER_NAME: z.string().max(100).default(""),
  })
  .refine((config) => !lacksKey(config), { path: ["OPENAI_API_KEY"], message: "is missing" });

export const CLOUD_AGENT_EXAMPLES: Readonly<Record<string, string>> = {
  ...COMMON_EXAMPLES,
  ...THINK_EXAMPLES,
  AGENT_TYPE: "cloud",
  EMAIL_MCP_SOCKET: "/home/anna/.nightdesk/mcp/email.sock",
  MAIL_POLL_SECONDS: "10",
  MAIL_BACKLOG_DAYS: "7",
  OWNER_NAME: "Anna Berg",
};

export type CloudConfig = z.infer<typeof schema> & { EMAIL_MCP_SOCKET: string };

/** The settings, read once. Throws CONFIG_INVALID, or CONFIG_FORBIDDEN_SECRET for a secret of the laptop's. */
export function readConfig(env: Environment): CloudConfig {
  const config = loadConfig(schema, { env, examples: CLOUD_AGENT_EXAMPLES });
  return {
    ...config,
    EMAIL_MCP_SOCKET: config.EMAIL_MCP_SOCKET ?? join(config.STATE_PATH, "mcp", "email.sock"),
  };
}
