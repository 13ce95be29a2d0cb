import { isIP } from "node:net";
import { z } from "zod";

const DEFAULT_BASE_URL = "https://api.openai.com/v1";

/** Prices change and differ by model, so nothing is assumed: without them a cost is not shown. */
const price = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,6})?$/, "must be an amount such as 0.15")
  .transform(Number)
  .default(0);

/** The settings of the model port; a daemon spreads them into its own. */
export const thinkFields = {
  THINK_PROVIDER: z.enum(["rules", "openai"], { message: "must be rules or openai" }).optional(),
  OPENAI_API_KEY: z
    .string()
    .max(400)
    // It goes into a header; anything else there is a copying mistake.
    .regex(/^[\x21-\x7e]+$/, "must be one word without spaces")
    .optional(),
  OPENAI_BASE_URL: z
    .string()
    .refine(isSafeBaseUrl, { message: "must be an https address (plain http on this machine only)" })
    .default(DEFAULT_BASE_URL),
  OPENAI_MODEL: z.string().max(200).default("gpt-4o-mini"),
  OPENAI_EUR_PER_MILLION_INPUT: price,
  OPENAI_EUR_PER_MILLION_OUTPUT: price,
};

/** What to write for each setting, for messages and for the `.env` that `init` makes. */
export const THINK_EXAMPLES: Readonly<Record<keyof typeof thinkFields, string>> = {
  THINK_PROVIDER: "rules",
  OPENAI_API_KEY: "sk-...",
  OPENAI_BASE_URL: DEFAULT_BASE_URL,
  OPENAI_MODEL: "gpt-4o-mini",
  OPENAI_EUR_PER_MILLION_INPUT: "0.14",
  OPENAI_EUR_PER_MILLION_OUTPUT: "0.55",
};

const thinkSchema = z.object(thinkFields);
export type ThinkConfig = z.infer<typeof thinkSchema>;

/** True when a model elsewhere is asked for without a key. A server on this machine (Ollama, llama.cpp) needs none. */
export function lacksKey(config: ThinkConfig): boolean {
  return (
    config.THINK_PROVIDER === "openai" &&
    config.OPENAI_API_KEY === undefined &&
    config.OPENAI_BASE_URL.startsWith("https:")
  );
}

/** A key and mails go to this address: encrypted, or not leaving the machine. */
function isSafeBaseUrl(value: string): boolean {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return false;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}
