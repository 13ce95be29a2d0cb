import { generateKeyPairSync } from "node:crypto";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, nameOf, sha256Hex, type VaultFiles } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import {
  createBareRemote,
  GMAIL_DEFAULTS,
  waitFor,
  type BareRemote,
  type GmailControl,
} from "@nightdesk/testkit";
import { startGmail } from "@nightdesk/testkit/gmail";
import { makeMachine, type Machine } from "../race/make-machine.ts";
import { createProgram, type Program } from "./program.ts";
import { draftReply, type Reply, type ReplyOptions } from "./sample-reply.ts";

const LIVE_ARGS = ["--mode", "live", "--transport", "socket"];
const PACKAGES = join(import.meta.dirname, "../../..");

/** One of the two computers, with its daemons; none runs before it is started. */
interface Desk extends Machine {
  files: VaultFiles;
  vaultSync: Program;
  mailServer: Program;
  /** local-agent or cloud-agent. */
  worker: Program;
}

export interface OfficeOptions {
  /** An empty folder; everything lies in it. Its path must be short: sockets lie below. */
  folder: string;
  /** Settings of the laptop's programs over the defaults here. */
  local?: Record<string, string>;
  /** Of the cloud's. */
  cloud?: Record<string, string>;
  /** The laptop's mail server; email-mcp's own program when left out. */
  liveServer?: { file: string; args: readonly string[] };
}

/** The real programs of both computers around a real git remote and the mail emulator. */
export interface Office {
  folder: string;
  gmail: GmailControl;
  remote: BareRemote;
  local: Desk;
  cloud: Desk;
  /** A mail has arrived and the cloud has drafted its answer; nothing is written yet. */
  draft(options: ReplyOptions): Promise<Reply>;
  /** Puts a drafted reply before the owner as the laptop's vault-sync does, where none runs: ledger first, then the note. */
  present(reply: Reply): Promise<void>;
  /** Both: a mail that has just arrived, drafted and put before the owner. */
  bring(options: ReplyOptions): Promise<Reply>;
  /** Lets the cloud propose it in its own vault; both vault-syncs carry it. */
  propose(reply: Reply): Promise<void>;
  /** Waits until the laptop has checked the note that waits: only then a careful owner decides. */
  untilChecked(reply: Reply, timeoutMs?: number): Promise<string>;
  /** The owner's move to Approved/. */
  approve(reply: Reply): Promise<void>;
  /** The owner's move, one plain rename; `from` and `to` are folders of the laptop's vault. */
  move(reply: Reply, from: string, to: string): Promise<void>;
  /** Where the notes of this task lie on the laptop, reasons (`WHY ...`) left out. */
  places(id: string): Promise<string[]>;
  /** Waits until the task's only note lies in Done/; resolves with its text. */
  untilDone(reply: Reply, timeoutMs?: number): Promise<string>;
  /** One more mail server beside the laptop's own, on the same state folder, with these settings over its own. */
  addMailServer(name: string, env: Record<string, string>): Program;
  /** Logs of all programs, for a message. */
  logs(): Promise<string>;
  close(): Promise<void>;
}

/** No test waits on a cap or on the guard against many at once unless it says so. */
const LOCAL_SETTINGS = {
  UNDO_WINDOW_SECONDS: "1",
  MAX_EMAILS_PER_HOUR: "10000",
  MAX_EMAILS_PER_DAY: "10000",
  BULK_APPROVALS: "10000",
};

export async function openOffice(options: OfficeOptions): Promise<Office> {
  const { folder } = options;
  const gmail = await startGmail();
  const remote = await createBareRemote({ path: join(folder, "remote.git") });
  const { local, cloud } = await makeDesks(options, gmail, remote.path);
  await writeReceiptKeys(local.state);
  const programs = [local, cloud].flatMap((desk) => [desk.worker, desk.mailServer, desk.vaultSync]);
  const logs = async () => (await Promise.all(programs.map((program) => program.log()))).join("\n");
  return {
    folder,
    gmail,
    remote,
    local,
    cloud,
    ...bringHand(gmail, local, cloud),
    ...ownerHand(local, logs),
    addMailServer(name, env) {
      const server = createProgram({
        name,
        file: join(PACKAGES, "email-mcp/src/main.ts"),
        args: LIVE_ARGS,
        env: { ...local.env, ...env },
        logPath: join(local.state, `${name}.log`),
      });
      programs.push(server);
      return server;
    },
    logs,
    async close() {
      await Promise.all(programs.map((program) => program.stop("SIGKILL")));
      await gmail.close();
    },
  };
}

async function makeDesks(options: OfficeOptions, gmail: GmailControl, remotePath: string) {
  const mailSettings = {
    GMAIL_BASE_URL: gmail.baseUrl,
    GMAIL_CLIENT_ID: GMAIL_DEFAULTS.clientId,
    GMAIL_CLIENT_SECRET: GMAIL_DEFAULTS.clientSecret,
    GMAIL_ADDRESS: gmail.address,
  };
  const local = await makeDesk(
    await makeMachine(options.folder, "local", remotePath),
    "live",
    {
      ...mailSettings,
      ...LOCAL_SETTINGS,
      GMAIL_REFRESH_TOKEN: GMAIL_DEFAULTS.composeToken,
      ...options.local,
    },
    options.liveServer,
  );
  const cloud = await makeDesk(await makeMachine(options.folder, "cloud", remotePath), "draft", {
    ...mailSettings,
    GMAIL_REFRESH_TOKEN: GMAIL_DEFAULTS.readonlyToken,
    THINK_PROVIDER: "rules",
    OWNER_NAME: GMAIL_DEFAULTS.ownerName,
    MAIL_POLL_SECONDS: "1",
    ...options.cloud,
  });
  return { local, cloud };
}

/** How a reply comes before the owner. */
function bringHand(
  gmail: GmailControl,
  local: Desk,
  cloud: Desk,
): Pick<Office, "draft" | "present" | "bring" | "propose"> {
  const presented = openAppendLog(join(local.state, "presented.jsonl"));
  const draft = (reply: ReplyOptions) => draftReply(gmail, reply);
  const present = async (reply: Reply) => {
    await presented.append({
      type: "presented",
      id: reply.id,
      rev: reply.rev,
      sha256: sha256Hex(reply.text),
      path: reply.path,
      at: new Date().toISOString(),
      from: "cloud",
      targets: { to: reply.note.fields["to"], cc: reply.note.fields["cc"] },
    });
    await local.files.write(reply.path, reply.text);
  };
  return {
    draft,
    present,
    async bring(mail) {
      const reply = await draft(mail);
      await present(reply);
      return reply;
    },
    propose: (reply) => cloud.files.write(reply.path, reply.text),
  };
}

/** What the owner does and sees in the laptop's vault. */
function ownerHand(
  local: Desk,
  logs: () => Promise<string>,
): Pick<Office, "untilChecked" | "approve" | "move" | "places" | "untilDone"> {
  const places = async (id: string) =>
    (await readdir(local.vault, { recursive: true })).filter(
      (path) => path.includes(id) && path.endsWith(".md") && !nameOf(path).startsWith("WHY "),
    );
  const move = async (reply: Reply, from: string, to: string) => {
    await mkdir(join(local.vault, to), { recursive: true });
    await rename(join(local.vault, from, reply.file), join(local.vault, to, reply.file));
  };
  return {
    untilChecked: (reply, timeoutMs = 30_000) =>
      waitFor(
        async () => {
          const text = await local.files.read(reply.path);
          return text !== null && /^checked: /m.test(text) ? text : null;
        },
        { what: `${reply.file} to be checked`, timeoutMs, describe: logs },
      ),
    approve: (reply) => move(reply, `${FOLDERS.pending}/email`, FOLDERS.approved),
    move,
    places,
    async untilDone(reply, timeoutMs = 30_000) {
      const path = await waitFor(
        async () => {
          const found = await places(reply.id);
          return found.length === 1 && found[0]?.startsWith(`${FOLDERS.done}/`) ? found[0] : null;
        },
        {
          what: `${reply.file} to lie in Done/`,
          timeoutMs,
          describe: async () => `${(await places(reply.id)).join()}\n${await logs()}`,
        },
      );
      return (await local.files.read(path)) ?? "";
    },
  };
}

async function makeDesk(
  machine: Machine,
  mode: "live" | "draft",
  settings: Record<string, string>,
  server?: OfficeOptions["liveServer"],
): Promise<Desk> {
  const env = { ...machine.env, ...settings };
  for (const folder of [FOLDERS.approved, `${FOLDERS.pending}/email`])
    await mkdir(join(machine.vault, folder), { recursive: true });
  const program = (name: string, file = join(PACKAGES, name, "src/main.ts"), args: readonly string[] = []) =>
    createProgram({ name, file, args, env, logPath: join(machine.state, `${name}.log`) });
  return {
    ...machine,
    env,
    files: createNodeVaultFiles(machine.vault),
    vaultSync: program("vault-sync"),
    mailServer: server
      ? program("live-server", server.file, server.args)
      : program("email-mcp", undefined, ["--mode", mode, "--transport", "socket"]),
    worker: program(mode === "live" ? "local-agent" : "cloud-agent"),
  };
}

/** As `nightdesk init` makes them: only the laptop has them. */
async function writeReceiptKeys(state: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const pems = {
    "receipt.pem": privateKey.export({ type: "pkcs8", format: "pem" }),
    "receipt.pub.pem": publicKey.export({ type: "spki", format: "pem" }),
  };
  for (const [name, pem] of Object.entries(pems))
    await writeFile(join(state, "keys", name), pem, { mode: 0o600 });
}
