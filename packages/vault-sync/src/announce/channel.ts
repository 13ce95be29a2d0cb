import type { Oid } from "../git/oid.ts";

/** Why a channel ended: the way to the remote broke, or the remote cannot (or will not) announce anything. */
export type ChannelEnd = "lost" | "refused";

export interface ChannelEvents {
  /** From now on every change of the branch is announced. What was before is not known. */
  onUp(): void;
  /**
   * The branch may have changed. `tip` is what the other end says it is now, null when it did not say:
   * a hint that a look is worth it, never more.
   */
  onHint(tip: Oid | null): void;
  /** Once, and nothing after it; not after `close`. */
  onEnd(why: ChannelEnd): void;
}

export interface Channel {
  close(): void;
}

/** Starts to listen. Never throws: what goes wrong is told by `onEnd`. */
export type OpenChannel = (events: ChannelEvents) => Channel;
