import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { describe, it } from "node:test";
import {
  createBareRemote,
  createFakeClock,
  waitFor,
  type BareRemote,
  type FakeClock,
} from "@nightdesk/testkit";
import { startAnnouncer } from "../src/announce/announcer.ts";
import type { ChannelEvents, OpenChannel } from "../src/announce/channel.ts";
import { createFolderChannel } from "../src/announce/folder-channel.ts";
import { Hints } from "../src/announce/hints.ts";
import { createAnnouncementReader } from "../src/announce/read-lines.ts";

const TIP = (n: number) => n.toString(16).padStart(40, "0");

function readAll(chunks: (string | Buffer)[]): string[] {
  const said: string[] = [];
  const read = createAnnouncementReader((one) => said.push(one.kind === "tip" ? one.tip : one.kind));
  for (const chunk of chunks) read(Buffer.from(chunk));
  return said;
}

describe("what comes over a channel", () => {
  it("only the greeting and lines of 40 hex digits are looked at", () => {
    const noise = [
      "Welcome to the server!\n",
      "ref: refs/heads/main\n",
      `${TIP(1).slice(1)}\n`,
      `${TIP(1)}0\n`,
      `${TIP(0xa).toUpperCase()}\n`,
      `../../${TIP(1)}\n`,
      `${TIP(1)} refs/heads/main\n`,
      "\u001b[2J\n",
      "\0\0\0\n",
      "nightdesk-announce please\n",
    ];
    assert.deepEqual(readAll(noise), []);
    assert.deepEqual(readAll(["nightdesk-announce\n", `${TIP(7)}\n`]), ["greeting", TIP(7)]);
  });

  it("lines may come in any pieces", () => {
    const text = `nightdesk-announce\r\n${TIP(1)}\n\n${TIP(2)}\n`;
    for (let size = 1; size < text.length; size += 1) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.slice(i * size, (i + 1) * size),
      );
      assert.deepEqual(readAll(pieces), ["greeting", TIP(1), TIP(2)], `pieces of ${size}`);
    }
  });

  it("a line without an end is not kept, and what follows it is read", () => {
    const before = process.memoryUsage().heapUsed;
    const piece = Buffer.alloc(64 * 1024, "a");
    const said: string[] = [];
    const read = createAnnouncementReader((one) => said.push(one.kind));
    for (let i = 0; i < 2000; i += 1) read(piece);
    assert.ok(process.memoryUsage().heapUsed - before < 16 * 1024 * 1024);
    read(Buffer.from(`\n${TIP(1)}\n`));
    assert.deepEqual(said, ["tip"]);
  });
});

describe("whether an announcement is worth a round", () => {
  it("what is synced already, or was a moment ago, is no news; anything else is, at once", () => {
    const hints = new Hints();
    assert.equal(hints.dueInMs(TIP(1), 0), null);
    hints.hear(TIP(1));
    assert.equal(hints.dueInMs(TIP(1), 0), null);
    hints.hear(TIP(2));
    assert.equal(hints.dueInMs(TIP(1), 0), 0);
    hints.synced([TIP(2), TIP(3)], 0);
    assert.equal(hints.dueInMs(TIP(3), 0), null);
    hints.hear(null);
    assert.equal(hints.dueInMs(TIP(3), 0), 0);
  });

  it("an old tip that comes back long after it was synced is news: the remote was put back", () => {
    const hints = new Hints();
    hints.synced([TIP(1)], 0);
    hints.hear(TIP(1));
    assert.equal(hints.dueInMs(TIP(2), 30_000), null);
    assert.equal(hints.dueInMs(TIP(2), 61_000), 0);
  });

  it("a remote that announces what is not so is heard ever more rarely, until it says something true", () => {
    const hints = new Hints();
    const waits: (number | null)[] = [];
    for (let i = 0; i < 12; i += 1) {
      hints.hear(TIP(100 + i));
      waits.push(hints.dueInMs(TIP(1), 0));
      hints.judged(true, 0);
    }
    assert.deepEqual(
      waits,
      [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60].map((s, i) => (i < 4 ? 0 : s * 1000)),
    );
    hints.hear(TIP(200));
    hints.judged(false, 0);
    assert.equal(hints.dueInMs(TIP(1), 0), 0);
  });
});

interface Played {
  clock: FakeClock;
  opened: { events: ChannelEvents; isClosed: boolean }[];
  seen: string[];
  close(): void;
}

/** An announcer whose channels the test plays itself. */
function play(): Played {
  const clock = createFakeClock();
  const opened: Played["opened"] = [];
  const seen: string[] = [];
  const open: OpenChannel = (events) => {
    const one = { events, isClosed: false };
    opened.push(one);
    return { close: () => (one.isClosed = true) };
  };
  const announcer = startAnnouncer({
    open,
    clock,
    random: { fraction: () => 0.999, bytes: (length) => new Uint8Array(length) },
    onUp: () => seen.push("up"),
    onDown: () => seen.push("down"),
    onHint: (tip) => seen.push(tip ?? "changed"),
    onGivenUp: () => seen.push("given up"),
  });
  return { clock, opened, seen, close: () => announcer.close() };
}

describe("the announcer", () => {
  it("opens a lost channel again, after pauses that grow to a minute", async () => {
    const { clock, opened, seen, close } = play();
    for (const pauseMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      const { length } = opened;
      opened.at(-1)?.events.onEnd("lost");
      await clock.advance(pauseMs / 2 - 1);
      assert.equal(opened.length, length, `not before half of ${pauseMs} ms`);
      await clock.advance(pauseMs / 2 + 1);
      assert.equal(opened.length, length + 1);
    }
    opened.at(-1)?.events.onUp();
    await clock.advance(30_000);
    opened.at(-1)?.events.onEnd("lost");
    await clock.advance(1000);
    assert.deepEqual(seen, ["up", "down"]);
    assert.equal(opened.length, 10, "a channel that stood is opened again at once");
    close();
    assert.equal(opened.at(-1)?.isClosed, true);
  });

  it("a channel that comes and goes is not opened in a busy loop", async () => {
    const { clock, opened, close } = play();
    for (let i = 0; i < 3000; i += 1) {
      const last = opened.at(-1);
      last?.events.onUp();
      last?.events.onEnd("lost");
      await clock.advance(100);
    }
    assert.ok(opened.length < 15, `${opened.length} channels in 5 minutes`);
    close();
  });

  it("a server that does not announce is asked three times, then once an hour, and the log is told once", async () => {
    const { clock, opened, seen, close } = play();
    for (let i = 0; i < 3; i += 1) {
      opened.at(-1)?.events.onEnd("refused");
      await clock.advance(5000);
    }
    assert.deepEqual(seen, ["given up"]);
    assert.equal(opened.length, 3);
    await clock.advance(59 * 60_000);
    assert.equal(opened.length, 3);
    await clock.advance(60_000);
    assert.equal(opened.length, 4);
    opened.at(-1)?.events.onEnd("refused");
    assert.deepEqual(seen, ["given up"]);
    close();
  });
});

async function commitTo(remote: BareRemote): Promise<string> {
  const tree = await remote.git("mktree", "--missing");
  const commit = await remote.git("commit-tree", "-m", String(Math.random()), tree);
  await remote.git("update-ref", "refs/heads/main", commit);
  return commit;
}

describe("a remote that is a folder of this machine", () => {
  it("tells each new tip, through a packing of its refs too", async () => {
    const remote = await createBareRemote();
    const seen: (string | null)[] = [];
    let isUp = false;
    const channel = createFolderChannel({ url: remote.path, branch: "main", checkMs: 3_600_000 })({
      onUp: () => (isUp = true),
      onHint: (tip) => seen.push(tip),
      onEnd: (why) => seen.push(why),
    });
    try {
      await waitFor(() => isUp, { what: "the watcher" });
      const first = await commitTo(remote);
      await waitFor(() => seen.includes(first), { what: "the first tip" });
      await remote.git("pack-refs", "--all");
      const second = await commitTo(remote);
      await waitFor(() => seen.at(-1) === second, { what: "the second tip", describe: () => seen });
    } finally {
      channel.close();
      await remote.remove();
    }
  });

  it("what no watcher told is found by looking, and a folder that was replaced ends the channel", async () => {
    const remote = await createBareRemote();
    const other = await createBareRemote();
    const seen: (string | null)[] = [];
    const channel = createFolderChannel({ url: remote.path, branch: "main", checkMs: 20 })({
      onUp: () => seen.push("up"),
      onHint: (tip) => seen.push(tip),
      onEnd: (why) => seen.push(why),
    });
    try {
      await waitFor(() => seen.includes("up"), { what: "the watcher" });
      await rename(remote.path, `${remote.path}.old`);
      await rename(other.path, remote.path);
      await waitFor(() => seen.at(-1) === "lost", { what: "the end of the channel", describe: () => seen });
    } finally {
      channel.close();
      await remote.remove();
      await other.remove();
    }
  });

  it("a folder without loose refs does not announce", async () => {
    const seen: string[] = [];
    createFolderChannel({ url: "/nowhere/vault.git", branch: "main" })({
      onUp: () => seen.push("up"),
      onHint: () => seen.push("hint"),
      onEnd: (why) => seen.push(why),
    });
    await waitFor(() => seen.length > 0, { what: "the answer" });
    assert.deepEqual(seen, ["refused"]);
  });
});
