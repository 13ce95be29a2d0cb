import { join } from "node:path";
import {
  absolutePath,
  COMMON_EXAMPLES,
  commonFields,
  wholeNumber,
} from "@nightdesk/daemon-kit/common-config";
import { loadConfig, type Environment } from "@nightdesk/daemon-kit/load-config";
import type { LogLevel } from "@nightdesk/daemon-kit/logger";
import { z } from "zod";
import type { BulkSettings } from "./bulk-guard.ts";
import type { Caps } from "./limits.ts";
import { parseQuietHours, type QuietHours } from "./local-time.ts";
import { FAILPOINTS, PARKING_FAILPOINTS, type Failpoint } from "./ports.ts";

const KILLABLE = [...FAILPOINTS, ...PARKING_FAILPOINTS] as const;

const schema = z.object({
  ...commonFields,
  AGENT_TYPE: z.literal("local", { message: "must be local: only the laptop carries anything out" }),
  MAX_EMAILS_PER_HOUR: wholeNumber({ min: 1, max: 10_000, default: 10 }),
  MAX_EMAILS_PER_DAY: wholeNumber({ min: 1, max: 100_000, default: 50 }),
  UNDO_WINDOW_SECONDS: wholeNumber({ min: 0, max: 3600, default: 5 }),
  /** More approvals than this within a minute wait, so that a folder dragged by mistake can be dragged back. */
  BULK_APPROVALS: wholeNumber({ min: 1, max: 100_000, default: 10 }),
  BULK_WAIT_SECONDS: wholeNumber({ min: 0, max: 3600, default: 60 }),
  /** A scheduled note whose time passed longer ago (the laptop slept) is asked about again. */
  SEND_LATE_MINUTES: wholeNumber({ min: 0, max: 1440, default: 60 }),
  /** So long it is looked up whether a mail went out whose answer was lost, before the owner is asked to look. */
  LOOK_UP_SECONDS: wholeNumber({ min: 1, max: 3600, default: 30 }),
  /** No notification then, but for what is urgent. Empty: never quiet. */
  QUIET_HOURS: z
    .string()
    .default("")
    .refine((text) => text.trim() === "" || parseQuietHours(text) !== null, {
      message: "must be two times of the day",
    })
    .transform((text) => parseQuietHours(text)),
  EMAIL_MCP_SOCKET: absolutePath().optional(),
  /** For tests: dies there, once. */
  NIGHTDESK_FAILPOINT: z
    .string()
    .transform((value) => value.split(",").map((name) => name.trim()))
    .pipe(z.array(z.enum(KILLABLE, { message: `must be out of ${KILLABLE.join(", ")}` })))
    .default([]),
});

/** What a right value looks like, for messages and for the `.env` that `init` makes. */
export const CONFIG_EXAMPLES: Readonly<Record<string, string>> = {
  ...COMMON_EXAMPLES,
  AGENT_TYPE: "local",
  MAX_EMAILS_PER_HOUR: "10",
  MAX_EMAILS_PER_DAY: "50",
  UNDO_WINDOW_SECONDS: "5",
  BULK_APPROVALS: "10",
  BULK_WAIT_SECONDS: "60",
  SEND_LATE_MINUTES: "60",
  LOOK_UP_SECONDS: "30",
  QUIET_HOURS: "22:00-07:00",
  EMAIL_MCP_SOCKET: "/home/anna/.nightdesk/mcp/email.sock",
  NIGHTDESK_FAILPOINT: "after:commit",
};

export interface LocalConfig {
  vaultPath: string;
  statePath: string;
  channels: string[];
  mode: "live" | "dry_run";
  logLevel: LogLevel;
  caps: Caps;
  undoWindowMs: number;
  bulk: BulkSettings;
  scheduleGraceMs: number;
  lookUpMs: number;
  quietHours: QuietHours | null;
  /** The computer's own; `TZ` in the environment sets it for one program. */
  timeZone: string;
  failpoints: readonly Failpoint[];
  /** Where a channel's server listens. */
  socketOf(channel: string): string;
}

/** Reads the settings once. Throws CONFIG_INVALID naming every wrong variable with an example. */
export function readConfig(env: Environment): LocalConfig {
  const values = loadConfig(schema, { env, examples: CONFIG_EXAMPLES });
  return {
    vaultPath: values.VAULT_PATH,
    statePath: values.STATE_PATH,
    channels: values.CHANNELS,
    mode: values.DEV_MODE ? "dry_run" : "live",
    logLevel: values.LOG_LEVEL,
    caps: { perHour: values.MAX_EMAILS_PER_HOUR, perDay: values.MAX_EMAILS_PER_DAY },
    undoWindowMs: values.UNDO_WINDOW_SECONDS * 1000,
    bulk: { approvals: values.BULK_APPROVALS, waitMs: values.BULK_WAIT_SECONDS * 1000 },
    scheduleGraceMs: values.SEND_LATE_MINUTES * 60_000,
    lookUpMs: values.LOOK_UP_SECONDS * 1000,
    quietHours: values.QUIET_HOURS,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    failpoints: values.NIGHTDESK_FAILPOINT,
    socketOf: (channel) =>
      (channel === "email" ? values.EMAIL_MCP_SOCKET : undefined) ??
      join(values.STATE_PATH, "mcp", `${channel}.sock`),
  };
}
