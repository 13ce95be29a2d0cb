import type { Clock } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";

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

export interface Notifier {
  /** Tells what waits and what is in doubt right now; new ones are told about once, together. */
  update(now: { waiting: readonly { key: string; from: string }[]; attention: readonly string[] }): void;
}

/** Drafts come in bursts; one notification for a burst. */
const GATHER_MS = 10_000;
const MAX_NAMES = 3;

/** Gathers what is new for ten seconds, then shows one notification. What is there at the start counts as new. */
export function createNotifier(ports: NotifierPorts): Notifier {
  const known = new Set<string>();
  const fresh = { from: [] as string[], attention: 0 };
  let gathering = false;

  const flush = async () => {
    await ports.clock.sleep(GATHER_MS);
    gathering = false;
    const notice = toNotice(fresh.from, fresh.attention);
    fresh.from = [];
    fresh.attention = 0;
    await ports.show(notice);
    ports.log.info({ event: "owner.notified" });
  };

  return {
    update({ waiting, attention }) {
      const newWaiting = waiting.filter(({ key }) => isNew(known, `waiting ${key}`));
      const newAttention = attention.filter((file) => isNew(known, `attention ${file}`));
      if (newWaiting.length + newAttention.length === 0) return;
      fresh.from.push(...newWaiting.map(({ from }) => from));
      fresh.attention += newAttention.length;
      if (gathering) return;
      gathering = true;
      flush().catch((error: unknown) => ports.log.warn({ event: "owner.not_notified", error }));
    },
  };
}

function isNew(known: Set<string>, key: string): boolean {
  if (known.has(key)) return false;
  known.add(key);
  return true;
}

/** The words of one notification. */
function toNotice(from: readonly string[], attention: number): Notice {
  const names = [...new Set(from)];
  const shown = names.slice(0, MAX_NAMES).join(", ") + (names.length > MAX_NAMES ? " and others" : "");
  const lines: string[] = [];
  if (from.length > 0)
    lines.push(
      `${from.length === 1 ? "1 note waits" : `${from.length} notes wait`} for your decision: ${shown}`,
    );
  if (attention > 0)
    lines.push(`${attention === 1 ? "1 note needs" : `${attention} notes need`} your attention`);
  return { title: "Nightdesk", text: lines.join(". ") };
}
