import { pino, stdTimeFunctions, type DestinationStream, type Level, type LogFn } from "pino";

/** A log line names its event first; everything else is a field. Texts of mails and notes are never fields. */
export type LogFields = { event: string } & Record<string, unknown>;

export interface Logger {
  debug(fields: LogFields): void;
  info(fields: LogFields): void;
  warn(fields: LogFields): void;
  error(fields: LogFields): void;
  /** A logger that adds these fields to each line. */
  child(fields: Record<string, unknown>): Logger;
}

export type LogLevel = Level | "silent";

/**
 * Secrets, and what people wrote: neither belongs in a log that PM2 keeps on disk. Redaction looks at
 * the top level and one level below, where our own code puts such fields by mistake.
 */
const HIDDEN = [
  "token",
  "access_token",
  "accessToken",
  "refresh_token",
  "refreshToken",
  "secret",
  "client_secret",
  "clientSecret",
  "password",
  "apiKey",
  "api_key",
  "authorization",
  "Authorization",
  "cookie",
  "signature",
  "privateKey",
  "private_key",
  "privateKeyPem",
  "body",
  "text",
  "html",
  "raw",
  "subject",
  "snippet",
  "GMAIL_CLIENT_SECRET",
  "GMAIL_REFRESH_TOKEN",
  "OPENAI_API_KEY",
];

const REDACT_PATHS = [
  ...HIDDEN,
  ...HIDDEN.map((name) => `*.${name}`),
  ...HIDDEN.map((name) => `*.*.${name}`),
];

/** One JSON object per line on stdout (or `stream`), time as ISO text, errors with code and cause. */
export function createLogger(options: { name: string; level: LogLevel; stream?: DestinationStream }): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACT_PATHS, censor: "[hidden]" },
    serializers: { error: describeThrown },
  };
  return wrap(options.stream ? pino(settings, options.stream) : pino(settings));
}

interface PinoLike {
  debug: LogFn;
  info: LogFn;
  warn: LogFn;
  error: LogFn;
  child(fields: Record<string, unknown>): PinoLike;
}

function wrap(inner: PinoLike): Logger {
  return {
    debug: (fields) => inner.debug(fields),
    info: (fields) => inner.info(fields),
    warn: (fields) => inner.warn(fields),
    error: (fields) => inner.error(fields),
    child: (fields) => wrap(inner.child(fields)),
  };
}

/**
 * What of an error goes into the log: never its other properties, which for an HTTP client hold the
 * whole request with its Authorization header.
 */
function describeThrown(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = "code" in thrown ? thrown.code : undefined;
  const retry = "retry" in thrown ? thrown.retry : undefined;
  return {
    name: thrown.name,
    message: thrown.message,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(typeof retry === "string" ? { retry } : {}),
    stack: thrown.stack,
    ...(thrown.cause === undefined ? {} : { cause: describeThrown(thrown.cause) }),
  };
}
