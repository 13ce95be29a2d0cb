import type { Clock } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import { quietUntil, type QuietHours } from "./local-time.ts";

/** What a notification says: never a mail's text. */
export interface Notice {
  title: string;
  text: string;
}

export interface NotifierPorts {
  clock: Clock;
  log: Logger;
  /** Shows one notification; does nothing where the system has none. */
  show(notice: Notice): Promise<void>;
}

export interface NotifierSettings {
  /** Nothing but what is urgent is shown then; null: there are none. */
  quietHours: QuietHours | null;
  timeZone: string;
}

export interface Notifier {
  /** Tells what waits and what is in doubt right now; new ones are told about once, together. */
  update(now: {
    waiting: readonly { key: string; from: string; isUrgent: boolean }[];
    attention: readonly string[];
  }): void;
  /** Shows one sentence at once: about what the owner is doing in this moment. */
  tell(text: string): void;
}

/** Drafts come in bursts; one notification for a burst. */
const GATHER_MS = 10_000;
/** A computer that slept wakes its timers late; so often the clock on the wall is asked. */
const LOOK_EVERY_MS = 60_000;
const MAX_NAMES = 3;
/** Whoever writes a mail chooses their name; nobody gets more room for it. */
const MAX_NAME_CHARS = 40;
const TITLE = "Nightdesk";

/**
 * Gathers what is new for ten seconds, then shows one notification; in the quiet hours when they end.
 * What is urgent is shown at once, at any hour. What is there at the start counts as new.
 */
export function createNotifier(ports: NotifierPorts, settings: NotifierSettings): Notifier {
  const known = new Set<string>();
  const fresh = { from: [] as string[], attention: 0 };
  let gathering = false;

  const show = (text: string) => {
    ports.show({ title: TITLE, text }).then(
      () => ports.log.info({ event: "owner.notified" }),
      (error: unknown) => ports.log.warn({ event: "owner.not_notified", error }),
    );
  };

  const flush = async () => {
    await ports.clock.sleep(GATHER_MS);
    for (let leftMs = quietFor(ports, settings); leftMs > 0; leftMs = quietFor(ports, settings))
      await ports.clock.sleep(Math.min(leftMs, LOOK_EVERY_MS));
    gathering = false;
    const text = toText(fresh.from, fresh.attention);
    fresh.from = [];
    fresh.attention = 0;
    show(text);
  };

  return {
    update({ waiting, attention }) {
      // What left and came back (snoozed, asked about again) is news.
      const present = new Set([
        ...waiting.map(({ key }) => `waiting ${key}`),
        ...attention.map((file) => `attention ${file}`),
      ]);
      for (const key of known) if (!present.has(key)) known.delete(key);
      const newWaiting = waiting.filter(({ key }) => isNew(known, `waiting ${key}`));
      const newAttention = attention.filter((file) => isNew(known, `attention ${file}`));
      const urgent = newWaiting.filter(({ isUrgent }) => isUrgent);
      if (urgent.length > 0) show(`Urgent: ${toText(namesOf(urgent), 0)}`);
      const others = newWaiting.filter(({ isUrgent }) => !isUrgent);
      if (others.length + newAttention.length === 0) return;
      fresh.from.push(...namesOf(others));
      fresh.attention += newAttention.length;
      if (gathering) return;
      gathering = true;
      flush().catch((error: unknown) => ports.log.warn({ event: "owner.not_notified", error }));
    },
    tell: show,
  };
}

function quietFor({ clock }: NotifierPorts, { quietHours, timeZone }: NotifierSettings): number {
  if (quietHours === null) return 0;
  const untilMs = quietUntil(clock.now(), quietHours, timeZone);
  return untilMs === null ? 0 : untilMs - clock.now();
}

function namesOf(notes: readonly { from: string }[]): string[] {
  return notes.map(({ from }) => from.slice(0, MAX_NAME_CHARS).toWellFormed());
}

function isNew(known: Set<string>, key: string): boolean {
  if (known.has(key)) return false;
  known.add(key);
  return true;
}

/** The words of one notification. */
function toText(from: readonly string[], attention: number): string {
  const names = [...new Set(from)];
  const shown = names.slice(0, MAX_NAMES).join(", ") + (names.length > MAX_NAMES ? " and others" : "");
  const lines: string[] = [];
  if (from.length > 0)
    lines.push(
      `${from.length === 1 ? "1 note waits" : `${from.length} notes wait`} for your decision: ${shown}`,
    );
  if (attention > 0)
    lines.push(`${attention === 1 ? "1 note needs" : `${attention} notes need`} your attention`);
  return lines.join(". ");
}
