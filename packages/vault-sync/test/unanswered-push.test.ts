import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createBareRemote, createTempDir, runGit, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { fail } from "../src/errors.ts";
import { pushAs } from "./support/attacker.ts";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";
import {
  listVault,
  makeMachine,
  moveNote,
  openMachine,
  putNote,
  readNote,
  type Machine,
  type Opened,
} from "./support/replicas.ts";

const PENDING = `Pending_Approval/email/${fileOf(1)}`;
const APPROVED = `Approved/${fileOf(1)}`;
const STYLE = "How_I_Write.md";
const hasCode = (code: string) => (error: unknown) => NightdeskError.is(error, code);

describe("what the remote took or sent although nobody said so", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let cloud: Machine;
  let local: Opened;
  let world = 0;

  before(async () => {
    dir = await createTempDir("unanswered");
  });
  after(() => dir.remove());

  beforeEach(async (t) => {
    world += 1;
    const root = join(dir.path, String(world));
    remote = await createBareRemote();
    cloud = await makeMachine(root, "cloud", remote);
    const machine = await makeMachine(root, "local", remote);
    await putNote(machine, STYLE, "v1\n");
    await putNote(machine, PENDING, replyNote(1));
    local = await openMachine(machine);
    await local.sync();
    if ("after" in t) {
      t.after(async () => {
        await local.close();
        await remote.remove();
      });
    }
  });

  /** The next push arrives, and its answer does not. */
  async function loseNextAnswer(): Promise<void> {
    const { push } = local.ports.remote;
    let lose = true;
    local.replica.ports.remote = {
      ...local.ports.remote,
      async push(commit) {
        const answer = await push(commit);
        if (!lose) return answer;
        lose = false;
        throw fail("PUSH_OUTCOME_UNKNOWN", "lost");
      },
    };
    await assert.rejects(local.sync(), hasCode("PUSH_OUTCOME_UNKNOWN"));
  }

  it("an approval taken back while its push was unanswered stays taken back", async () => {
    await moveNote(local.machine, PENDING, APPROVED);
    await loseNextAnswer();
    assert.ok((await remote.listFiles()).includes(APPROVED));
    await moveNote(local.machine, APPROVED, PENDING);
    await local.sync();
    assert.deepEqual(await listVault(local.machine), [STYLE, PENDING]);
    assert.ok(!(await remote.listFiles()).includes(APPROVED));
  });

  it("so it does when the other side has pushed on top of it meanwhile", async () => {
    await moveNote(local.machine, PENDING, APPROVED);
    await loseNextAnswer();
    const work = `Needs_Action/cloud-email/${fileOf(2)}`;
    await pushAs(cloud, remote, { [work]: mailNote(2) });
    await moveNote(local.machine, APPROVED, PENDING);
    await local.sync();
    assert.deepEqual(await listVault(local.machine), [STYLE, work, PENDING]);
    assert.ok(!(await remote.listFiles()).includes(APPROVED));
  });

  it("an edit undone while its push was unanswered stays undone", async () => {
    await putNote(local.machine, STYLE, "version two\n");
    await loseNextAnswer();
    await putNote(local.machine, STYLE, "v1\n");
    await local.sync();
    assert.equal(await readNote(local.machine, STYLE), "v1\n");
    assert.equal((await remote.readFile(STYLE)).toString(), "v1\n");
  });

  it("history git refuses as dangerous is told as such, and does not pile up on the disk", async () => {
    const git = (args: string[], input?: string) =>
      runGit(args, remote.path, input === undefined ? {} : { input });
    const tip = (await remote.tip()) ?? "";
    const tree = await git(["rev-parse", `${tip}^{tree}`]);
    const who = "x <x@example.com> 0 +0000";
    // One of the few findings that are not judged here (`git/fsck-ids.ts`): the headers end in the middle.
    const headers = `tree ${tree}\nparent ${tip}\nauthor ${who}\ncommitter ${who}\0\n\nx\n`;
    const commit = await git(["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], headers);
    await git(["update-ref", `refs/heads/${remote.branch}`, commit]);
    const seen = await listVault(local.machine);
    for (let round = 0; round < 3; round += 1)
      await assert.rejects(local.sync(), hasCode("OBJECT_MALFORMED"));
    assert.deepEqual(await listVault(local.machine), seen);
    const packs = await readdir(join(local.machine.state, "git/objects/pack"));
    assert.ok(packs.filter((name) => name.startsWith("tmp_")).length <= 1, packs.join());
  });
});
