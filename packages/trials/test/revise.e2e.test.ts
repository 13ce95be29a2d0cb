import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import {
  FOLDERS,
  listLearning,
  listTasks,
  parseLearning,
  parseNote,
  SYNC_STATUS_FILE,
  type VaultFiles,
} from "@nightdesk/claim-lib";
import { createTempDir, waitFor, type TempDir } from "@nightdesk/testkit";
import { openOffice, type Office } from "../src/office/open-office.ts";
import { receiveMail } from "../src/office/sample-reply.ts";
import { KINDS } from "../src/sample-notes.ts";

const run = promisify(execFile);
/** A cycle of the cloud, both syncs, two checks and six programs on a busy machine. */
const CYCLE_MS = 60_000;
/** A version that replaced another has to stand there for five seconds before it is approved. */
const READ_MS = 5_500;
/** The office's undo window is a second; a mail is out two seconds after its approval. */
const UNDO_AND_MORE_MS = 5_000;

let folder: TempDir;
let office: Office;
before(async () => {
  folder = await createTempDir("revise");
  office = await openOffice({ folder: folder.path });
  // The first commit of a vault is the laptop's: `nightdesk init` puts the owner's pages in.
  await office.local.files.write("Company_Handbook.md", "# Handbook\n");
  await startAll(office.local);
  await startAll(office.cloud);
});
after(async () => {
  await office.close();
  await folder.remove();
});

type Desk = Office["local"];
const programsOf = ({ mailServer, vaultSync, worker }: Desk) => [mailServer, vaultSync, worker];
const startAll = (desk: Desk) => Promise.all(programsOf(desk).map((program) => program.start()));
const stopAll = (desk: Desk) => Promise.all(programsOf(desk).map((program) => program.stop()));

interface Waiting {
  path: string;
  file: string;
  text: string;
}

/** Waits until this version of a reply waits for the owner, checked by the laptop. */
async function untilWaiting(subject: string, rev: number): Promise<Waiting> {
  return waitFor(
    async () => {
      const tasks = await listTasks(office.local.files, `${FOLDERS.pending}/email`);
      const task = tasks.find(({ name }) => name.rev === rev && name.subject.includes(subject));
      const text = task ? await office.local.files.read(task.path) : null;
      if (!task || text === null || !/^checked: /m.test(text)) return null;
      return { path: task.path, file: task.path.slice(task.path.lastIndexOf("/") + 1), text };
    },
    { what: `version ${rev} of ${subject} to wait`, timeoutMs: CYCLE_MS, describe: office.logs },
  );
}

async function moveTo(note: Waiting, target: string): Promise<void> {
  await mkdir(join(office.local.vault, target), { recursive: true });
  await rename(join(office.local.vault, note.path), join(office.local.vault, target, note.file));
}

async function untilIn(files: VaultFiles, lies: string, { file }: Waiting): Promise<void> {
  await waitFor(async () => (await files.list(lies)).includes(file), {
    what: `${file} in ${lies}`,
    timeoutMs: CYCLE_MS,
    describe: office.logs,
  });
}

const doneNow = () => `${FOLDERS.done}/${new Date().toISOString().slice(0, 7)}`;

async function learnedIn(files: VaultFiles) {
  const paths = (await listLearning(files)).toReversed();
  const texts = await Promise.all(paths.map((path) => files.read(path)));
  return texts.flatMap((text) => parseLearning(text ?? ""));
}

test("rejected with feedback, the next version comes through both syncs, is approved and sent once, and the cloud finds what was made of it", async () => {
  const { local, cloud } = office;
  await receiveMail(
    office.gmail,
    "Offer 2291",
    "Hi, can you deliver 40 chairs on Thursday? Please answer. Anna",
  );
  const first = await untilWaiting("Offer 2291", 1);
  const heading = "## Feedback (only if you reject)\n";
  assert.ok(first.text.includes(heading));
  const said = first.text.replace(heading, `${heading}Say: We deliver on Friday, not on Thursday.\n`);
  await local.files.write(first.path, said);
  await moveTo(first, FOLDERS.rejected);

  const second = await untilWaiting("Offer 2291", 2);
  const note = parseNote(second.text, KINDS);
  assert.match(note.text ?? "", /We deliver on Friday, not on Thursday\./);
  assert.equal(note.fields.supersedes, first.file);
  assert.deepEqual(await local.files.list(FOLDERS.rejected), [first.file], "the rejected one stays closed");
  // The owner reads it: this pause is the promise, there is no event in it.
  await new Promise((resolve) => setTimeout(resolve, READ_MS));
  await moveTo(second, FOLDERS.approved);

  await untilIn(local.files, doneNow(), second);
  assert.equal((await office.gmail.sentMessages()).length, 1);
  const records = await waitFor(
    async () => {
      const found = await learnedIn(cloud.files);
      return found.some(({ outcome }) => outcome === "sent_unchanged") ? found : null;
    },
    { what: "the record of it in the cloud's vault", timeoutMs: CYCLE_MS, describe: office.logs },
  );
  assert.deepEqual(
    records.map(({ rev, outcome, feedback }) => [rev, outcome, feedback]),
    [
      [1, "rejected", "Say: We deliver on Friday, not on Thursday."],
      [2, "sent_unchanged", ""],
    ],
  );
  assert.equal(records[0]?.drafted, parseNote(first.text, KINDS).text);
  assert.equal((await office.gmail.sentMessages()).length, 1);
});

test("a laptop put back as a whole to the moment of an approval sends nothing a second time", async () => {
  const { local, cloud } = office;
  const before = (await office.gmail.sentMessages()).length;
  await receiveMail(office.gmail, "Invoice 7", "Hi, can you send invoice 7 again? Please answer. Anna");
  const note = await untilWaiting("Invoice 7", 1);
  await local.worker.stop();
  await moveTo(note, FOLDERS.approved);
  await untilIn(cloud.files, FOLDERS.approved, note);
  await stopAll(local);
  const backup = join(folder.path, "backup");
  await mkdir(backup);
  await run("cp", ["-a", local.vault, local.state, backup]);

  await startAll(local);
  await untilIn(local.files, doneNow(), note);
  await untilIn(cloud.files, doneNow(), note);
  assert.equal((await office.gmail.sentMessages()).length, before + 1);

  await stopAll(local);
  for (const [path, name] of [
    [local.vault, "vault"],
    [local.state, "state"],
  ] as const) {
    await rm(path, { recursive: true });
    await run("cp", ["-a", join(backup, name), path]);
  }
  // Sync comes up late: until it has looked, nobody knows that the note was sent.
  await Promise.all([local.mailServer.start(), local.worker.start()]);
  await new Promise((resolve) => setTimeout(resolve, UNDO_AND_MORE_MS));
  assert.equal((await office.gmail.sentMessages()).length, before + 1);
  await local.vaultSync.start();
  await untilIn(local.files, FOLDERS.needsAttention, note);
  const why = await local.files.read(`${FOLDERS.needsAttention}/WHY ${note.file}`);
  assert.match(why ?? "", /put back to an older state.*Look into your sent mail/);
  const status = await readFile(join(local.state, SYNC_STATUS_FILE), "utf8");
  assert.match(status, /OWN_COMMIT_UNKNOWN/);
  assert.equal((await office.gmail.sentMessages()).length, before + 1);
});
