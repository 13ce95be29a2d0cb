import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";

test("it returns the first thing found, and 0 and the empty text count as found", async () => {
  let looks = 0;
  const found = await waitFor(() => ((looks += 1) > 2 ? 0 : null), { what: "a zero", intervalMs: 1 });
  assert.equal(found, 0);
  assert.equal(looks, 3);
  assert.equal(await waitFor(() => "", { what: "a text" }), "");
});

test("an event makes it look at once, long before the next poll", async () => {
  const emitter = new EventEmitter();
  let ready = false;
  const waiting = waitFor(() => ready, {
    what: "the event",
    intervalMs: 60_000,
    timeoutMs: 60_000,
    subscribe: (lookNow) => {
      emitter.on("change", lookNow);
      return () => emitter.off("change", lookNow);
    },
  });
  await new Promise((resolve) => setImmediate(resolve));
  ready = true;
  emitter.emit("change");
  assert.equal(await waiting, true);
  assert.equal(emitter.listenerCount("change"), 0);
});

test("at the deadline it says what was awaited, what is the case, and how the last look failed", async () => {
  const waiting = waitFor(
    () => {
      throw new Error("the folder is locked");
    },
    { what: "the note to reach Done", timeoutMs: 20, intervalMs: 5, describe: () => "it lies in Approved" },
  );
  await assert.rejects(waiting, (error) => {
    assert.ok(NightdeskError.is(error, "WAIT_TIMED_OUT"));
    assert.match(
      error.message,
      /20 ms for the note to reach Done.*it lies in Approved.*the folder is locked/s,
    );
    return true;
  });
});
