import { cp, link, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FOLDERS, renderNote } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";
import { openOffice, type Office } from "../office/open-office.ts";
import { openPlainGit, type PlainGit, type TreeEdit } from "../office/plain-git.ts";
import type { Reply } from "../office/sample-reply.ts";
import { openSocketTap, type SocketTap } from "../office/socket-tap.ts";
import { KINDS } from "../sample-notes.ts";
import { openToolCaller, type ToolCaller } from "./call-tools.ts";
import type { Trace } from "./forgery.ts";
import { createAuditReader, findRefusals } from "./read-audit.ts";
import { createMailCount, type MailCount } from "./count-mails.ts";

/** Where all attacks happen: real programs, and hands in every place an attacker could have one. */
export interface Stage {
  office: Office;
  /** Holds the cloud's key and pushes plain git. */
  thief: PlainGit;
  /** Reads along between the laptop's agent and its mail server. */
  tap: SocketTap;
  /** Calls the live tools directly. */
  tools: ToolCaller;
  mails: MailCount;
  /** The laptop's vault as any program of its owner sees it. */
  vault: VaultHand;
  /** Brings drafted replies before the owner as the honest cloud would: one signed commit. */
  bring(replies: readonly Reply[]): Promise<void>;
  /** Waits until the laptop has checked a waiting note. */
  untilChecked(reply: Reply, timeoutMs?: number): Promise<string>;
  approve(reply: Reply): Promise<void>;
  /** What the system recorded against an attack. */
  refusals(about: readonly string[], trace: Trace): Promise<string[]>;
  untilAudited(action: string, target: string): Promise<void>;
  /** A further mail in the conversation a note answers. */
  answer(reply: Reply, from: string, words: string): Promise<void>;
  /** Waits until a text of the laptop's vault or state says it. */
  untilSays(path: string, words: string): Promise<string>;
  close(): Promise<void>;
}

interface VaultHand {
  path(...parts: string[]): string;
  read(path: string): Promise<string>;
  write(path: string, text: string | Buffer): Promise<void>;
  move(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
}

export const pendingOf = (reply: Pick<Reply, "file">) => `${FOLDERS.pending}/email/${reply.file}`;
export const approvedOf = (reply: Pick<Reply, "file">) => `${FOLDERS.approved}/${reply.file}`;

/** A drafted reply with something else in it, rendered as the cloud's program would. */
export function change(reply: Reply, fields: Record<string, unknown>, text = reply.note.text): Reply {
  const note = { ...reply.note, fields: { ...reply.note.fields, ...fields }, text };
  return { ...reply, note, text: renderNote(note, KINDS) };
}

export async function openStage(folder: string): Promise<Stage> {
  const office = await openOffice({ folder, local: { VAULT_SYNC_INTERVAL: "1" } });
  const { local, cloud } = office;
  await mkdir(join(local.state, "mcp"), { recursive: true, mode: 0o700 });
  const [tapPath, serverPath] = ["tap", "email"].map((name) => join(local.state, "mcp", `${name}.sock`));
  const tap = await openSocketTap(tapPath ?? "", serverPath ?? "");
  for (const name of ["Company_Handbook.md", "How_I_Write.md"])
    await writeFile(join(local.vault, name), "# Of the owner's\n\nBe kind.\n");
  await Promise.all([local.vaultSync.start(), local.mailServer.start(), cloud.mailServer.start()]);
  await local.worker.start({ EMAIL_MCP_SOCKET: tapPath ?? "" });
  await waitFor(() => office.remote.tip(), { what: "the laptop's first commit", timeoutMs: 30_000 });
  const thief = await openPlainGit(office.remote, join(folder, "thief"), join(cloud.state, "keys/sync.pem"));
  const tools = await openToolCaller(office);
  const vault = openVaultHand(local.vault);
  const readAudit = createAuditReader(local.vault);
  const untilSays = (path: string, words: string) =>
    waitFor(
      async () => {
        const text = await readFile(path, "utf8").catch(() => "");
        return text.includes(words) ? text : null;
      },
      { what: `"${words}" in ${path}`, timeoutMs: 40_000 },
    );
  return {
    office,
    thief,
    tap,
    tools,
    vault,
    mails: createMailCount(office),
    bring: async (replies) => {
      if (replies.length === 0) return;
      await thief.push(replies.map(toEdit));
    },
    untilChecked: (reply, timeoutMs) => office.untilChecked(reply, timeoutMs),
    approve: (reply) => office.approve(reply),
    refusals: async (about, trace) =>
      trace.said ?? findRefusals(await readAudit(), trace.about ?? about, trace.commits),
    untilAudited: async (action, target) => {
      await waitFor(
        async () => {
          const audit = await readAudit();
          return audit.some((record) => record.action_type === action && record.target === target);
        },
        { what: `${action} in the audit`, timeoutMs: 30_000 },
      );
    },
    answer: (reply, from, words) => answerMail(office, reply, from, words),
    untilSays,
    async close() {
      await tools.close();
      await office.close();
      await tap.close();
    },
  };
}

/** The note where it waits for the owner. */
export function toEdit(reply: Reply): TreeEdit {
  return { path: reply.path, text: reply.text };
}

function openVaultHand(root: string): VaultHand {
  const path = (...parts: string[]) => join(root, ...parts);
  const ready = async (to: string) => {
    await mkdir(dirname(path(to)), { recursive: true });
    return path(to);
  };
  return {
    path,
    read: (from) => readFile(path(from), "utf8"),
    write: async (to, text) => writeFile(await ready(to), text),
    move: async (from, to) => rename(path(from), await ready(to)),
    copy: async (from, to) => cp(path(from), await ready(to)),
    link: async (from, to) => link(path(from), await ready(to)),
  };
}

async function answerMail(office: Office, reply: Reply, from: string, words: string): Promise<void> {
  const mailbox = await office.gmail.rawMailbox();
  const source = mailbox.find(({ messageId }) => messageId === reply.messageId);
  const id = /^message-id: *(\S+)/im.exec(source?.raw.toString("latin1") ?? "")?.[1] ?? "";
  const lines = [
    `From: ${from}`,
    `To: ${office.gmail.address}`,
    `Subject: ${String(reply.note.fields["subject"])}`,
    `Message-ID: <${reply.id}.more@kunde.example>`,
    `In-Reply-To: ${id}`,
    `References: ${id}`,
    `Date: ${new Date().toUTCString()}`,
    "Content-Type: text/plain; charset=utf-8",
    "",
    words,
    "",
  ];
  await office.gmail.inject(lines.join("\r\n"), { threadId: reply.threadId });
}
