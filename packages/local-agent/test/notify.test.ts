import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "@nightdesk/testkit";
import { findNoticeCommand } from "../src/desktop-notice.ts";
import { parseQuietHours, type QuietHours } from "../src/local-time.ts";
import { createNotifier, type Notice } from "../src/notify.ts";

function openNotifier(quietHours: QuietHours | null = null, startMs = Date.UTC(2026, 10, 21, 8)) {
  const clock = createFakeClock(startMs);
  const shown: Notice[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
  const notifier = createNotifier(
    { clock, log, show: async (notice) => void shown.push(notice) },
    { quietHours, timeZone: "UTC" },
  );
  return { clock, shown, notifier };
}

const note = (key: string, from: string, isUrgent = false) => ({ key, from, isUrgent });

test("a burst of notes is told about once, after ten seconds", async () => {
  const { clock, shown, notifier } = openNotifier();
  notifier.update({ waiting: [note("a", "Anna")], attention: [] });
  await clock.advance(5_000);
  notifier.update({ waiting: [note("a", "Anna"), note("b", "Ben")], attention: ["x.md"] });
  await clock.advance(5_000);
  assert.deepEqual(shown, [
    { title: "Nightdesk", text: "2 notes wait for your decision: Anna, Ben. 1 note needs your attention" },
  ]);
});

test("what was told about is not told about again", async () => {
  const { clock, shown, notifier } = openNotifier();
  for (let round = 0; round < 3; round += 1) {
    notifier.update({ waiting: [note("a", "Anna")], attention: [] });
    await clock.advance(20_000);
  }
  assert.equal(shown.length, 1);
});

test("a notification's words are arguments of their own, after the end of the options", () => {
  const command = findNoticeCommand({
    platform: "linux",
    env: { DISPLAY: ":0", PATH: "/opt:/usr/bin" },
    exists: (path) => path === "/usr/bin/notify-send",
  });
  assert.deepEqual(command?.args({ title: "t", text: "--help; rm -rf /" }), [
    "--app-name=Nightdesk",
    "--",
    "t",
    "--help; rm -rf /",
  ]);
  assert.equal(command?.file, "/usr/bin/notify-send");
});

test("on macOS and Windows the words never become part of a script", () => {
  for (const platform of ["darwin", "win32"] as const) {
    const command = findNoticeCommand({ platform, env: {}, exists: () => false });
    const args = command?.args({ title: "t", text: "$(evil)" }).join(" ") ?? "";
    assert.ok(args.length > 0);
    assert.ok(!args.includes("evil"));
  }
});

test("a machine without a desktop shows nothing", () => {
  assert.equal(findNoticeCommand({ platform: "linux", env: { PATH: "/usr/bin" }, exists: () => true }), null);
});

test("in the quiet hours nothing is shown; when they end it is one notification for the whole night", async () => {
  const { clock, shown, notifier } = openNotifier(
    parseQuietHours("22:00-07:00"),
    Date.UTC(2026, 10, 21, 22, 30),
  );
  for (const [key, from] of [
    ["a", "Anna"],
    ["b", "Ben"],
    ["c", "Carla"],
  ] as const) {
    notifier.update({ waiting: [note(key, from)], attention: [] });
    await clock.advance(2 * 3_600_000);
  }
  await clock.advance(2.4 * 3_600_000);
  assert.deepEqual(shown, [], "06:54");
  await clock.advance(10 * 60_000);
  assert.deepEqual(
    shown.map(({ text }) => text),
    ["3 notes wait for your decision: Anna, Ben, Carla"],
  );
});

test("what is urgent is shown at once, also in the quiet hours, and not a second time when they end", async () => {
  const { clock, shown, notifier } = openNotifier(parseQuietHours("22:00-07:00"), Date.UTC(2026, 10, 21, 23));
  notifier.update({ waiting: [note("a", "Anna", true)], attention: [] });
  await clock.advance(1);
  assert.deepEqual(
    shown.map(({ text }) => text),
    ["Urgent: 1 note waits for your decision: Anna"],
  );
  await clock.advance(10 * 3_600_000);
  assert.equal(shown.length, 1);
});

test("a sender's name takes no more room than a name", async () => {
  const { clock, shown, notifier } = openNotifier();
  notifier.update({
    waiting: [note("a", "Your account is locked, call +43 1 234 now or lose it all today")],
    attention: [],
  });
  await clock.advance(10_000);
  assert.ok((shown[0]?.text.length ?? 0) < 80, shown[0]?.text);
});

test("a note that comes back is news again", async () => {
  const { clock, shown, notifier } = openNotifier();
  for (const waiting of [[note("a", "Anna")], [], [note("a", "Anna")]]) {
    notifier.update({ waiting, attention: [] });
    await clock.advance(20_000);
  }
  assert.equal(shown.length, 2);
});
