import assert from "node:assert/strict";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it, test } from "node:test";
import { taskKey } from "@nightdesk/claim-lib";
import { createBareRemote, readHistory, runGit, withTempDir, type HistoryChange } from "@nightdesk/testkit";
import { countHistory } from "../src/race/count-history.ts";
import { runRace } from "../src/race/run-race.ts";
import { FREE_FOLDER, taskFile } from "../src/sample-notes.ts";

describe("agents contend for the same tasks, each a process with a working copy of its own", () => {
  for (const agents of [2, 4]) {
    it(`${agents} agents: each task is taken once, none is lost, nobody starves`, { timeout: 90_000 }, () =>
      withTempDir(async (folder) => {
        const result = await runRace({ tasks: 80, agents, folder });
        assert.deepEqual(result.history.doubles, []);
        assert.deepEqual(result.history.lost, []);
        assert.equal(result.history.owners.size, 80);
        assert.ok(result.largestPush <= 5, `${result.largestPush} claims in one push`);
        // Eighty tasks are sixteen pushes: enough to see that each has its turn, too few for exact shares.
        assert.ok(result.smallestShare > 0, JSON.stringify(result.shares));
      }),
    );
  }
});

const key = (n: number) => taskKey(taskFile(n)) ?? "";
const KEYS = [1, 2, 3, 4].map(key);
const free = (n: number) => `${FREE_FOLDER}/${taskFile(n)}`;
const claimed = (n: number, agent: string) => `In_Progress/${agent}/${taskFile(n)}`;

const change = (commit: string, kind: string, path: string): HistoryChange => ({ commit, kind, path });
const START = [1, 2, 3, 4].map((n) => change("1", "A", free(n)));
const claim = (commit: string, n: number, agent: string): HistoryChange[] => [
  change(commit, "D", free(n)),
  change(commit, "A", claimed(n, agent)),
];

test("the counter tells a clean history from a bad one", () => {
  const clean = [...START, ...claim("2", 1, "cloud"), ...claim("2", 2, "cloud"), ...claim("3", 3, "local")];
  const count = countHistory(clean, KEYS);
  assert.deepEqual([count.doubles, count.lost, count.claimsPerCommit], [[], [], [2, 1]]);
  assert.deepEqual([...(count.owners.get(key(3)) ?? [])], ["local"]);
});

test("a task in two places at once is counted as a double", () => {
  const history = [...START, ...claim("2", 1, "cloud"), change("3", "A", claimed(1, "local"))];
  assert.deepEqual(countHistory(history, KEYS).doubles, [key(1)]);
});

test("a task that changes hands is counted as a double, also by way of where it lay free", () => {
  const handed = [change("3", "D", claimed(1, "cloud")), change("3", "A", claimed(1, "cloud-2"))];
  assert.deepEqual(countHistory([...START, ...claim("2", 1, "cloud"), ...handed], KEYS).doubles, [key(1)]);
  const back = [change("3", "D", claimed(1, "cloud")), change("3", "A", free(1)), ...claim("4", 1, "local")];
  assert.deepEqual(countHistory([...START, ...claim("2", 1, "cloud"), ...back], KEYS).doubles, [key(1)]);
});

test("a task that is nowhere in one commit is lost, although it comes back; and so is one that never came", () => {
  const gone = [change("2", "D", free(2)), change("3", "A", free(2))];
  assert.deepEqual(countHistory([...START, ...gone], KEYS).lost, [key(2)]);
  assert.deepEqual(countHistory(START, [...KEYS, key(5)]).lost, [key(5)]);
});

test("an approved note that the laptop carries out is not a second claim", () => {
  const steps = [claimed(1, "cloud"), `Pending_Approval/email/${taskFile(1)}`, `Approved/${taskFile(1)}`];
  const moves = [...steps, claimed(1, "local")].flatMap((path, at, all) =>
    at === 0 ? [] : [change(`m${at}`, "D", all[at - 1] ?? ""), change(`m${at}`, "A", path)],
  );
  const count = countHistory([...START, ...claim("2", 1, "cloud"), ...moves], KEYS);
  assert.deepEqual([count.doubles, count.lost, count.claimsPerCommit], [[], [], [1]]);
});

test("a double and a lost task made by hand with git are found in a real repository", async () => {
  const remote = await createBareRemote();
  try {
    await withTempDir(async (root) => {
      const git = (...args: string[]) => runGit(args, root);
      const put = async (path: string) => {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), path);
      };
      const commit = async () => {
        await git("add", "-A");
        await git("commit", "--quiet", "-m", "x");
      };
      await git("clone", "--quiet", remote.path, root);
      for (const n of [1, 2, 3, 4]) await put(free(n));
      await commit();
      await mkdir(join(root, "In_Progress/cloud"), { recursive: true });
      await rename(join(root, free(1)), join(root, claimed(1, "cloud")));
      await commit();
      await put(claimed(1, "local"));
      await git("rm", "--quiet", "--", free(2));
      await commit();
      await git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    });
    const count = countHistory(await readHistory(remote), KEYS);
    assert.deepEqual([count.doubles, count.lost, count.commits], [[key(1)], [key(2)], 3]);
  } finally {
    await remote.remove();
  }
});
