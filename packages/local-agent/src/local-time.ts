/**
 * The owner's wall clock. A time without a zone is the owner's local time, whatever the season; a
 * computer's own zone database (Intl) says what that is, so a change of the rules needs no new version.
 */

/** `2026-11-23`, `2026-11-23 9:00`, `2026-11-23T09:00:00`, each with or without `Z` or `+01:00`. */
const FORM =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?$/i;
/** A day without an hour means the morning. */
const MORNING_HOUR = 8;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** At 2 in the night the next morning is today's; at 7 it is tomorrow's. */
const MIN_UNTIL_MORNING_MS = 3 * HOUR_MS;

/**
 * The instant a text means, in milliseconds; null when it is not clear. In the hour that a change to
 * summer time leaves out, the clock is read as if it had not been changed (02:30 is 03:30); of the hour
 * that comes twice in autumn the first is meant.
 */
export function parseWhen(text: string, timeZone: string): number | null {
  const match = FORM.exec(text.trim());
  if (!match) return null;
  const [, year, month, day, hour, minute, second, zone] = match;
  const [h, m, s] = [Number(hour ?? MORNING_HOUR), Number(minute ?? 0), Number(second ?? 0)];
  if (h > 23 || m > 59 || s > 59) return null;
  const wallMs = Date.UTC(Number(year), Number(month) - 1, Number(day), h, m, s);
  const written = new Date(wallMs);
  // 31 November is no day; Date would make 1 December of it.
  if (written.getUTCMonth() !== Number(month) - 1 || written.getUTCDate() !== Number(day)) return null;
  return zone === undefined ? toInstant(wallMs, timeZone) : wallMs - offsetOf(zone);
}

/** `2026-11-23 09:00 (Europe/Vienna)`, as the owner's clock shows it. */
export function formatWhen(atMs: number, timeZone: string): string {
  const wall = new Date(wallOf(atMs, timeZone)).toISOString().slice(0, 16).replace("T", " ");
  return /^(Etc\/)?(UTC|GMT)$/.test(timeZone) ? `${wall} UTC` : `${wall} (${timeZone})`;
}

/** The next 8 o'clock in the morning that is at least three hours away. */
export function nextMorning(nowMs: number, timeZone: string): number {
  const wallMs = wallOf(nowMs, timeZone);
  const midnightMs = wallMs - (wallMs % DAY_MS);
  const today = toInstant(midnightMs + MORNING_HOUR * HOUR_MS, timeZone);
  return today - nowMs >= MIN_UNTIL_MORNING_MS
    ? today
    : toInstant(midnightMs + DAY_MS + MORNING_HOUR * HOUR_MS, timeZone);
}

/** A span of the day in minutes after midnight; it may go over midnight. */
export interface QuietHours {
  fromMinute: number;
  toMinute: number;
}

/** Reads `22:00-07:00`; null when it is something else. */
export function parseQuietHours(text: string): QuietHours | null {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  if (!match) return null;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = match.slice(1).map(Number);
  const hours = { fromMinute: fromHour * 60 + fromMinute, toMinute: toHour * 60 + toMinute };
  return hours.fromMinute === hours.toMinute ? null : hours;
}

/** When the quiet hours that run now end; null when none run. */
export function quietUntil(nowMs: number, hours: QuietHours, timeZone: string): number | null {
  const wallMs = wallOf(nowMs, timeZone);
  const midnightMs = wallMs - (wallMs % DAY_MS);
  const minute = (wallMs - midnightMs) / MINUTE_MS;
  const { fromMinute, toMinute } = hours;
  const overMidnight = fromMinute > toMinute;
  const isQuiet = overMidnight
    ? minute >= fromMinute || minute < toMinute
    : minute >= fromMinute && minute < toMinute;
  if (!isQuiet) return null;
  const isTomorrow = overMidnight && minute >= fromMinute;
  return toInstant(midnightMs + (isTomorrow ? DAY_MS : 0) + toMinute * MINUTE_MS, timeZone);
}

/** What the clock on the wall shows, as if it were UTC. */
function wallOf(atMs: number, timeZone: string): number {
  const parts = Object.fromEntries(
    formatterOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((atMs % 1000) + 1000) % 1000);
}

function toInstant(wallMs: number, timeZone: string): number {
  const offsetAt = (atMs: number) => wallOf(atMs, timeZone) - atMs;
  const before = wallMs - offsetAt(wallMs - DAY_MS);
  const after = wallMs - offsetAt(wallMs + DAY_MS);
  const fits = [before, after].find((atMs) => wallOf(atMs, timeZone) === wallMs);
  return fits ?? before;
}

/** Minutes east of Greenwich, in milliseconds, of `Z` or `+01:00`. */
function offsetOf(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (!match) return 0;
  const ms = (Number(match[2]) * 60 + Number(match[3])) * MINUTE_MS;
  return match[1] === "-" ? -ms : ms;
}

/** Making a formatter costs a hundred times more than using it. */
const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = FORMATTERS.get(timeZone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "iso8601",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  FORMATTERS.set(timeZone, formatter);
  return formatter;
}
