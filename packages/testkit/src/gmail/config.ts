import { z } from "zod";
import { fail } from "../errors.ts";
import type { GmailOptions } from "./start-gmail.ts";

const tokenSchema = z.strictObject({
  refreshToken: z.string().min(1),
  scopes: z.array(z.string().min(1)).min(1),
});

const settingsSchema = z.object({
  GMAIL_ADDRESS: z.email().optional(),
  GMAIL_CLIENT_ID: z.string().min(1).optional(),
  GMAIL_CLIENT_SECRET: z.string().min(1).optional(),
  GMAIL_EMULATOR_OWNER: z.string().min(1).optional(),
  GMAIL_EMULATOR_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  GMAIL_EMULATOR_TOKENS: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue("it is not JSON");
        return z.NEVER;
      }
    })
    .pipe(z.array(tokenSchema).min(1))
    .optional(),
});

const EXAMPLES: Readonly<Record<string, string>> = {
  GMAIL_ADDRESS: "owner@brightside.example",
  GMAIL_EMULATOR_PORT: "8025",
  GMAIL_EMULATOR_TOKENS: '[{"refreshToken":"1//cloud","scopes":["gmail.readonly"]}]',
};

/** Reads the emulator's settings; everything has a default. Tokens come this way and never as arguments. */
export function parseGmailConfig(env: Readonly<Record<string, string | undefined>>): GmailOptions {
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0] ?? "");
    const example = EXAMPLES[name] ? ` Example: ${name}=${EXAMPLES[name]}` : "";
    throw fail(
      "CONFIG_INVALID",
      `${name} is malformed (${issue?.message}); the emulator was not started.${example}`,
    );
  }
  const settings = parsed.data;
  return {
    ...(settings.GMAIL_ADDRESS !== undefined && { address: settings.GMAIL_ADDRESS }),
    ...(settings.GMAIL_EMULATOR_OWNER !== undefined && { ownerName: settings.GMAIL_EMULATOR_OWNER }),
    ...(settings.GMAIL_EMULATOR_PORT !== undefined && { port: settings.GMAIL_EMULATOR_PORT }),
    ...(settings.GMAIL_CLIENT_ID !== undefined && { clientId: settings.GMAIL_CLIENT_ID }),
    ...(settings.GMAIL_CLIENT_SECRET !== undefined && { clientSecret: settings.GMAIL_CLIENT_SECRET }),
    ...(settings.GMAIL_EMULATOR_TOKENS !== undefined && { refreshTokens: settings.GMAIL_EMULATOR_TOKENS }),
  };
}
