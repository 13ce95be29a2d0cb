import type { Clock, Random } from "@nightdesk/claim-lib";
import type { Oid } from "../git/oid.ts";
import type { Channel, ChannelEnd, OpenChannel } from "./channel.ts";

export interface AnnouncerOptions {
  open: OpenChannel;
  clock: Clock;
  random: Random;
  onUp: () => void;
  /** It was up and is not any more. */
  onDown: () => void;
  onHint: (tip: Oid | null) => void;
  /** The remote does not announce; it is asked again only after a long while. */
  onGivenUp: () => void;
}

export interface Announcer {
  close(): void;
}

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** A channel that stood this long was a good one: the next one is opened without the pauses that came before. */
const STEADY_MS = 30_000;
/** A server that refuses the command (GitHub, an older gate) will do so again. */
const MAX_REFUSALS = 3;
const REFUSED_PAUSE_MS = 60 * 60_000;

/** Keeps a channel open, with growing pauses while that fails. */
export function startAnnouncer(options: AnnouncerOptions): Announcer {
  const { clock, random } = options;
  let isClosed = false;
  let channel: Channel | null = null;
  let stop: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const run = async () => {
    let failures = 0;
    let refusals = 0;
    for (;;) {
      const { why, stoodMs } = await oneChannel();
      if (isClosed) return;
      refusals = why === "refused" ? refusals + 1 : 0;
      failures = stoodMs >= STEADY_MS ? 1 : failures + 1;
      if (refusals === MAX_REFUSALS) options.onGivenUp();
      const ceiling = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
      const pauseMs =
        refusals >= MAX_REFUSALS ? REFUSED_PAUSE_MS : ceiling / 2 + (random.fraction() * ceiling) / 2;
      await Promise.race([clock.sleep(pauseMs), closed]);
    }
  };
  const oneChannel = () =>
    new Promise<{ why: ChannelEnd; stoodMs: number }>((resolve) => {
      let upAtMs: number | null = null;
      channel = options.open({
        onUp() {
          upAtMs = clock.now();
          options.onUp();
        },
        onHint: options.onHint,
        onEnd(why) {
          if (upAtMs !== null) options.onDown();
          resolve({ why, stoodMs: upAtMs === null ? 0 : clock.now() - upAtMs });
        },
      });
    });
  void run();
  return {
    close() {
      isClosed = true;
      stop();
      channel?.close();
    },
  };
}
