import type { Hold, HoldMatch } from "./gmail-control.ts";
import type { RequestEvent, RequestListener } from "./request-events.ts";

/** Makes a Hold out of a listener: the first request that matches waits in it. */
export async function holdRequest(
  match: HoldMatch,
  onRequest: (listener: RequestListener) => Promise<() => Promise<void>>,
): Promise<Hold> {
  const reached = Promise.withResolvers<RequestEvent>();
  const released = Promise.withResolvers<"drop" | undefined>();
  let taken = false;
  const stop = await onRequest((event) => {
    if (taken || !isMatch(match, event)) return undefined;
    taken = true;
    reached.resolve(event);
    return released.promise;
  });
  return {
    reached: reached.promise,
    async release(decision) {
      released.resolve(decision);
      await stop();
    },
  };
}

function isMatch(match: HoldMatch, event: RequestEvent): boolean {
  return (
    event.phase === match.phase &&
    (match.method === undefined || match.method === event.method) &&
    (match.path === undefined || event.path.search(match.path) >= 0)
  );
}
