import { isAbsolute } from "node:path";
import { z } from "zod";

/** Settings several daemons share. Spread the ones a daemon needs into its own `z.object`. */

/** A path from the root of the disk, so that it means the same wherever a program is started. */
export const absolutePath = () =>
  z.string().refine((value) => isAbsolute(value), { message: "must be an absolute path" });

/** A whole number, written in digits. */
export const wholeNumber = (options: { min: number; max: number; default?: number }) => {
  const rule = z
    .string()
    .regex(/^\d{1,12}$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value >= options.min && value <= options.max, {
      message: `must be between ${options.min} and ${options.max}`,
    });
  return options.default === undefined ? rule : rule.default(options.default);
};

/** `true` or `false`. */
export const flag = (fallback: boolean) =>
  z
    .enum(["true", "false"], { message: "must be true or false" })
    .default(fallback ? "true" : "false")
    .transform((value) => value === "true");

/** Short names with commas between them. */
export const nameList = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((value) => value.split(",").map((name) => name.trim()))
    .refine((names) => names.length > 0 && names.every((name) => /^[a-z][a-z0-9-]{0,31}$/.test(name)), {
      message: "must be names in small letters with commas between them",
    });

export const AGENT_TYPES = ["cloud", "local"] as const;
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export const commonFields = {
  AGENT_TYPE: z.enum(AGENT_TYPES, { message: "must be cloud or local" }),
  VAULT_PATH: absolutePath(),
  STATE_PATH: absolutePath(),
  CHANNELS: nameList("email"),
  /** A rehearsal: everything but the effect itself. */
  DEV_MODE: flag(false),
  LOG_LEVEL: z.enum(LOG_LEVELS, { message: `must be one of ${LOG_LEVELS.join(", ")}` }).default("info"),
};

/** What to write for each shared setting, for messages and for the `.env` that `init` makes. */
export const COMMON_EXAMPLES: Readonly<Record<keyof typeof commonFields, string>> = {
  AGENT_TYPE: "local",
  VAULT_PATH: "/home/anna/vault",
  STATE_PATH: "/home/anna/.nightdesk",
  CHANNELS: "email",
  DEV_MODE: "false",
  LOG_LEVEL: "info",
};
