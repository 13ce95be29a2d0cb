import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, parseTaskName } from "@nightdesk/claim-lib";
import { ALL_KINDS, buildMails, injectMail, waitFor, type SampleMail } from "@nightdesk/testkit";
import { readProperties } from "../edits/front-matter-styles.ts";
import { takeApart } from "../edits/write-version.ts";
import type { Office } from "../office/open-office.ts";
import type { Item } from "./flows.ts";

/** A mail that waits for a decision. */
export interface Brought {
  mail: SampleMail;
  item: Item;
}

/** Mails nobody should answer come along with the others. */
const NEWSLETTER_SHARE = 0.08;
const UNTIL_MS = 150_000;
const TEMPLATE = join(import.meta.dirname, "../../../../vault-template");

/** Real mails of every kind arrive, the cloud drafts, and all the drafts wait, checked, on the laptop. */
export async function bringItems(office: Office, count: number, seed: number): Promise<Brought[]> {
  const { gmail } = office;
  const kinds = ALL_KINDS.filter((kind) => kind !== "newsletter");
  const mails = buildMails(count, seed, { owner: gmail.address, kinds });
  const unanswered = buildMails(Math.ceil(count * NEWSLETTER_SHARE), seed + 1, {
    owner: gmail.address,
    kinds: ["newsletter"],
  });
  const placed = [];
  for (const mail of mails) placed.push({ mail, ...(await injectMail(gmail, mail)) });
  for (const mail of unanswered) await injectMail(gmail, mail);
  // As `nightdesk init` leaves it. Without a first file there is nothing to sync, and the cloud waits for that.
  await cp(TEMPLATE, office.local.vault, { recursive: true, force: false });
  for (const { mailServer, vaultSync, worker } of [office.local, office.cloud]) {
    await vaultSync.start();
    await mailServer.start();
    await worker.start();
  }
  const waiting = await untilAllWait(office, count);
  return placed.map(({ mail, messageId }, at) => {
    const found = waiting.get(messageId);
    if (!found) throw new TypeError(`no note answers ${messageId}`);
    return { mail, item: { number: at + 1, ...found } };
  });
}

type Waiting = Map<string, Pick<Item, "id" | "first">>;

/** By the id of the mail each of them answers. */
async function untilAllWait(office: Office, count: number): Promise<Waiting> {
  const folder = `${FOLDERS.pending}/email`;
  const waiting: Waiting = new Map();
  const known = new Set<string>();
  const look = async () => {
    for (const name of await readdir(join(office.local.vault, folder))) {
      const id = parseTaskName(name)?.id;
      if (id === undefined || known.has(name)) continue;
      const text = await readFile(join(office.local.vault, folder, name), "utf8");
      if (!/^checked: /m.test(text)) continue;
      known.add(name);
      const properties = readProperties(takeApart(text).front);
      const source = properties.find(({ key }) => key === "source_message")?.value;
      waiting.set(String(source), { id, first: { path: `${folder}/${name}`, text } });
    }
    return waiting.size >= count;
  };
  await waitFor(look, {
    what: `${count} drafts to wait`,
    timeoutMs: UNTIL_MS,
    intervalMs: 250,
    describe: async () => `${waiting.size} wait\n${(await office.logs()).slice(-2000)}`,
  });
  return waiting;
}
