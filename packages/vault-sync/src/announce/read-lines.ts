import { isOid, type Oid } from "../git/oid.ts";

/** A line of ours has 40 characters; of a longer one nothing is kept. */
const MAX_LINE = 200;

export type Announcement = { kind: "greeting" } | { kind: "tip"; tip: Oid };

/** The word the other end says once it listens. */
export const GREETING = "nightdesk-announce";

/**
 * Reads what comes over a channel. It is written by a stranger: of all that may come only the greeting and
 * lines of 40 hex digits count, and never more than one line is held.
 */
export function createAnnouncementReader(tell: (said: Announcement) => void): (chunk: Buffer) => void {
  let line = "";
  let isTooLong = false;
  const endLine = () => {
    const text = isTooLong ? "" : line.trim();
    line = "";
    isTooLong = false;
    if (text === GREETING) tell({ kind: "greeting" });
    else if (isOid(text)) tell({ kind: "tip", tip: text });
  };
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); ; at = chunk.indexOf(0x0a, from)) {
      const to = at === -1 ? chunk.length : at;
      if (line.length + to - from > MAX_LINE) isTooLong = true;
      else if (!isTooLong) line += chunk.toString("latin1", from, to);
      if (at === -1) return;
      endLine();
      from = at + 1;
    }
  };
}
