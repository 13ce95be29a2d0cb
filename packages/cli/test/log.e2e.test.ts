import assert from "node:assert/strict";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { FOLDERS, listTasks, nameOf, parseTaskName } from "@nightdesk/claim-lib";
import { waitFor, withTempDir } from "@nightdesk/testkit";
import { openOffice, type Office } from "../../trials/src/office/open-office.ts";
import { receiveMail } from "../../trials/src/office/sample-reply.ts";
import { runCli } from "./run-cli.ts";

/** A cycle of the cloud and both syncs, on a machine that has other work. */
const CYCLE_MS = 60_000;
/** A version that replaced another stands for five seconds before it may be approved. */
const READ_MS = 5_500;

async function untilShown(office: Office, rev: number): Promise<{ path: string; text: string }> {
  return waitFor(
    async () => {
      const tasks = await listTasks(office.local.files, `${FOLDERS.pending}/email`);
      const path = tasks.find(({ name }) => name.rev === rev)?.path;
      const text = path === undefined ? null : await office.local.files.read(path);
      return path !== undefined && text !== null && /^checked: /m.test(text) ? { path, text } : null;
    },
    { what: `revision ${rev} to be checked`, timeoutMs: CYCLE_MS, describe: office.logs },
  );
}

/** The owner changes a note and moves it. */
async function decide(office: Office, path: string, text: string, folder: string): Promise<void> {
  await office.local.files.write(path, text);
  await mkdir(join(office.local.vault, folder), { recursive: true });
  await rename(join(office.local.vault, path), join(office.local.vault, folder, nameOf(path)));
}

interface Told {
  events: { kind: string; rev: number; says: string; at: string; commit?: string; diff?: string }[];
}

test("an item's whole life is told in order, from its mail to its effect, while the programs run; and the doctor finds nothing broken", () =>
  withTempDir(async (folder) => {
    const office = await openOffice({ folder });
    try {
      const { local, cloud, remote } = office;
      await local.files.write("Company_Handbook.md", "# Handbook\n");
      await Promise.all(
        [local, cloud].flatMap(({ mailServer, vaultSync }) => [mailServer.start(), vaultSync.start()]),
      );
      await Promise.all([local.worker.start(), cloud.worker.start()]);
      await receiveMail(
        office.gmail,
        "Offer 2291",
        "Hi, can you deliver 40 chairs on Thursday? Please answer. Anna",
      );
      const first = await untilShown(office, 1);
      const id = parseTaskName(nameOf(first.path))?.id ?? "";
      const heading = "## Feedback (only if you reject)\n";
      const refused = first.text.replace(heading, `${heading}Say: We deliver on Friday.\n`);
      await decide(office, first.path, refused, FOLDERS.rejected);
      const second = await untilShown(office, 2);
      await new Promise((resolve) => setTimeout(resolve, READ_MS));
      // Not in the notice on top, which quotes the feedback.
      const [top = "", reply = ""] = second.text.split("## Reply (edit here)");
      const edited = `${top}## Reply (edit here)${reply.replace("We deliver on Friday", "We deliver on Monday at noon")}`;
      assert.notEqual(edited, second.text);
      await decide(office, second.path, edited, FOLDERS.approved);
      await waitFor(
        async () =>
          (await remote.listFiles()).some((path) => path.startsWith("Done/") && path.includes(`${id}-r2`)),
        { what: "the sent note at the remote", timeoutMs: CYCLE_MS, describe: office.logs },
      );

      const { code, out } = await runCli(["log", id, "--json"], local.env);
      assert.equal(code, 0);
      const { events } = JSON.parse(out) as Told;
      const life = events.map(({ kind, rev }) => `${kind} ${rev}`);
      const order = [
        "received 0",
        "noticed 1",
        "claimed 1",
        "drafted 1",
        "reached 1",
        "shown 1",
        "rejected 1",
        "revision 2",
        "claimed 2",
        "drafted 2",
        "reached 2",
        "shown 2",
        "edited 2",
        "approved 2",
        "receipt 2",
        "executing 2",
        "handle 2",
        "sent 2",
        "done 2",
      ];
      assert.deepEqual(
        life.filter((one) => order.includes(one)),
        order,
        out,
      );
      assert.deepEqual(
        events.map(({ at }) => at),
        events.map(({ at }) => at).toSorted(),
        "in order of time",
      );
      const of = (kind: string, rev: number) => events.find((one) => one.kind === kind && one.rev === rev);
      const [mail] = await office.gmail.sentMessages();
      assert.match(of("received", 0)?.says ?? "", /Anna Berg .*"Offer 2291"/);
      assert.match(of("rejected", 1)?.says ?? "", /Say: We deliver on Friday\./);
      assert.match(of("edited", 2)?.diff ?? "", /We deliver on \[-Friday-\]\{\+Monday at noon\+\}/);
      assert.match(of("sent", 2)?.says ?? "", new RegExp(`anna@kunde\\.example.*${mail?.messageId}`));
      assert.ok(of("claimed", 1)?.commit !== undefined && of("done", 2)?.commit !== undefined);
      assert.ok(!out.includes("40 chairs"), "nothing of the mail's own text");

      const quiet = await runCli(["log", nameOf(second.path), "--no-text"], local.env);
      assert.ok(
        quiet.out.includes("The owner changed the text") && !quiet.out.includes("at noon"),
        quiet.out,
      );
      const above = JSON.parse((await runCli(["log", id, "--json"], cloud.env)).out) as Told;
      const kinds = above.events.map(({ kind }) => kind);
      assert.ok(
        kinds.includes("drafted") && kinds.includes("rejected") && !kinds.includes("receipt"),
        kinds.join(),
      );

      for (const desk of [local, cloud]) {
        const report = JSON.parse((await runCli(["doctor", "--json"], desk.env)).out) as {
          ok: boolean;
          checks: { name: string; state: string; says: string }[];
          auditChanged: number;
        };
        assert.deepEqual(
          report.checks.filter(({ state }) => state === "broken"),
          [],
        );
        assert.equal(report.auditChanged, 0);
        assert.match(report.checks.find(({ name }) => name === "programs")?.says ?? "", /run\.$/);
      }
    } finally {
      await office.close();
    }
  }));
