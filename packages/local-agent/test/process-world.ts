import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { createTempDir, GMAIL_DEFAULTS, waitFor } from "@nightdesk/testkit";
import { startGmail, type GmailControl } from "@nightdesk/testkit/gmail";
import { renderTask, type Task } from "./world.ts";

const PACKAGES = join(import.meta.dirname, "../..");

/** A real laptop: vault and state on disk, the mail emulator, and programs that can be killed. */
export interface Laptop {
  vault: string;
  state: string;
  gmail: GmailControl;
  /** Starts local-agent; whenever it dies it is started again, as PM2 does. */
  startAgent(env?: Record<string, string>): void;
  /** Starts another one; resolves with its exit code. */
  startSecondAgent(): Promise<number | null>;
  starts(): number;
  output(): string;
  /** A note that answers a mail that has just arrived, put before the owner as vault-sync does. */
  present(subject: string): Promise<Task>;
  approve(task: Task): Promise<void>;
  /** Paths of a task's notes. */
  places(task: Task): Promise<string[]>;
  close(): Promise<void>;
}

export async function openLaptop(): Promise<Laptop> {
  const folder = await createTempDir("laptop");
  const vault = join(folder.path, "vault");
  const state = join(folder.path, "state");
  await mkdir(join(state, "keys"), { recursive: true, mode: 0o700 });
  await mkdir(join(vault, "Approved"), { recursive: true });
  await makeKeys(state);
  const gmail = await startGmail();
  const children = new Set<ChildProcess>();
  let output = "";
  let starts = 0;
  let closing = false;

  const run = (pkg: string, args: string[], env: Record<string, string>): ChildProcess => {
    const child = spawn(process.execPath, [join(PACKAGES, pkg, "src/main.ts"), ...args], {
      env: {
        PATH: process.env["PATH"] ?? "",
        NIGHTDESK_ENV_FILE: "",
        ...settings(vault, state, gmail.baseUrl),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text: Buffer) => (output += text.toString()));
    child.once("exit", () => children.delete(child));
    return child;
  };
  const startAgent = (env: Record<string, string> = {}) => {
    starts += 1;
    run("local-agent", [], env).once("exit", () => {
      if (!closing && starts < 20) startAgent(env);
    });
  };
  run("email-mcp", ["--mode", "live", "--transport", "socket"], {});

  return {
    vault,
    state,
    gmail,
    startAgent,
    async startSecondAgent() {
      const [code] = (await once(run("local-agent", [], {}), "exit")) as [number | null];
      return code;
    },
    starts: () => starts,
    output: () => output,
    present: (subject) => presentTask({ vault, state, gmail }, subject),
    approve: (task) =>
      rename(join(vault, "Pending_Approval/email", task.file), join(vault, "Approved", task.file)),
    async places(task) {
      const all = await readdir(vault, { recursive: true });
      return all.filter((path) => path.includes(task.id) && path.endsWith(".md") && !path.includes("WHY "));
    },
    async close() {
      closing = true;
      const ends = [...children].map((child) => once(child, "exit"));
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(ends);
      await gmail.close();
      await folder.remove();
    },
  };
}

async function makeKeys(state: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  await writeFile(join(state, "keys/receipt.pem"), privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
  });
  await writeFile(join(state, "keys/receipt.pub.pem"), publicKey.export({ type: "spki", format: "pem" }), {
    mode: 0o600,
  });
}

function settings(vault: string, state: string, baseUrl: string): Record<string, string> {
  return {
    AGENT_TYPE: "local",
    VAULT_PATH: vault,
    STATE_PATH: state,
    UNDO_WINDOW_SECONDS: "1",
    MAX_EMAILS_PER_HOUR: "100",
    GMAIL_BASE_URL: baseUrl,
    GMAIL_CLIENT_ID: GMAIL_DEFAULTS.clientId,
    GMAIL_CLIENT_SECRET: GMAIL_DEFAULTS.clientSecret,
    GMAIL_REFRESH_TOKEN: GMAIL_DEFAULTS.composeToken,
    GMAIL_ADDRESS: GMAIL_DEFAULTS.address,
  };
}

async function presentTask(
  { vault, state, gmail }: Pick<Laptop, "vault" | "state" | "gmail">,
  subject: string,
): Promise<Task> {
  const raw = [
    "From: Anna Berg <anna@kunde.example>",
    `To: ${GMAIL_DEFAULTS.address}`,
    `Subject: ${subject}`,
    `Message-ID: <${sha256Hex(subject).slice(0, 12)}@kunde.example>`,
    `Date: ${new Date().toUTCString()}`,
    "Content-Type: text/plain; charset=utf-8",
    "",
    "Hi, can you deliver?",
    "",
  ].join("\r\n");
  const mail = await gmail.inject(raw);
  const task = renderTask({
    account: GMAIL_DEFAULTS.address,
    messageId: mail.messageId,
    threadId: mail.threadId,
    subject,
    nowMs: Date.now(),
  });
  const path = `Pending_Approval/email/${task.file}`;
  await openAppendLog(join(state, "presented.jsonl")).append({
    type: "presented",
    id: task.id,
    rev: 1,
    sha256: sha256Hex(task.text),
    path,
    at: new Date().toISOString(),
    from: "cloud",
    targets: { to: task.note.fields["to"], cc: task.note.fields["cc"] },
  });
  await createNodeVaultFiles(vault).write(path, task.text);
  return task;
}

/** Waits until a task's only note lies in Done/. */
export async function untilDone(laptop: Laptop, task: Task): Promise<string> {
  const found = await waitFor(
    async () => {
      const places = await laptop.places(task);
      return places.length === 1 && places[0]?.startsWith("Done/") ? places[0] : null;
    },
    {
      what: `${task.file} to lie in Done`,
      timeoutMs: 20_000,
      describe: async () => `${(await laptop.places(task)).join()}\n${laptop.output()}`,
    },
  );
  return readFile(join(laptop.vault, found), "utf8");
}
