import { join } from "node:path";
import { FOLDERS } from "@nightdesk/claim-lib";
import { createCloudAgent, createMailPort } from "@nightdesk/cloud-agent";
import { connectMcp } from "@nightdesk/daemon-kit/connect-mcp";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { createMemoryVaultFiles, createSeededRandom, GMAIL_DEFAULTS } from "@nightdesk/testkit";
import { startGmail } from "@nightdesk/testkit/gmail";
import { createRulesThinker, type Thinker } from "@nightdesk/think";
import { fail } from "../errors.ts";
import { createProgram } from "../office/program.ts";
import { KINDS } from "../sample-notes.ts";
import type { HostileMail } from "./build-corpus.ts";
import { createMemoryAgentState } from "../memory-agent-state.ts";

const MAIL_SERVER = join(import.meta.dirname, "../../../email-mcp/src/main.ts");
/** Each turn claims five; more turns than this, and it is stuck. */
const MAX_TURNS = 2_000;

export interface MadeNote {
  path: string;
  text: string;
  /** Null for a note that is no mail's. */
  mail: HostileMail | null;
  stage: "needs action" | "pending" | "other";
}

/**
 * Every note the real cloud agent makes of these mails: read by the real mail server from the emulator,
 * taken in, and drafted. Every second draft is the work of a model that repeats whatever the mail says.
 */
export async function makeNotes(
  mails: readonly HostileMail[],
  folder: string,
  say: (line: string) => void,
): Promise<MadeNote[]> {
  const gmail = await startGmail();
  const state = join(folder, "state");
  const server = createProgram({
    name: "email-mcp",
    file: MAIL_SERVER,
    args: ["--mode", "draft", "--transport", "socket"],
    env: settingsOf(state, gmail.baseUrl),
    logPath: join(folder, "email-mcp.log"),
  });
  const link = connectMcp({ socketPath: join(state, "mcp", "email.sock"), name: "hostile" });
  try {
    const byMessage = new Map<string, HostileMail>();
    for (const mail of mails) byMessage.set((await gmail.inject(mail.raw)).messageId, mail);
    await server.start();
    say(`${mails.length} mails lie in the mailbox; the mail server reads them.`);
    return await workThrough(createMailPort(link), byMessage, say);
  } finally {
    await link.close();
    await server.stop();
    await gmail.close();
  }
}

function settingsOf(state: string, baseUrl: string): Record<string, string> {
  return {
    NIGHTDESK_ENV_FILE: "",
    AGENT_TYPE: "cloud",
    STATE_PATH: state,
    GMAIL_CLIENT_ID: GMAIL_DEFAULTS.clientId,
    GMAIL_CLIENT_SECRET: GMAIL_DEFAULTS.clientSecret,
    GMAIL_REFRESH_TOKEN: GMAIL_DEFAULTS.readonlyToken,
    GMAIL_ADDRESS: GMAIL_DEFAULTS.address,
    GMAIL_BASE_URL: baseUrl,
    LOG_LEVEL: "info",
  };
}

async function workThrough(
  mail: ReturnType<typeof createMailPort>,
  byMessage: ReadonlyMap<string, HostileMail>,
  say: (line: string) => void,
): Promise<MadeNote[]> {
  const files = createMemoryVaultFiles();
  const firsts = new Map<string, string>();
  const write = files.write;
  files.write = async (path, text) => {
    if (path.startsWith(`${FOLDERS.needsAction}/`)) firsts.set(path, text);
    await write(path, text);
  };
  const agent = createCloudAgent(
    {
      files,
      mail,
      thinker: createEcho(),
      rules: createRulesThinker(),
      clock: systemClock,
      random: createSeededRandom(1),
      state: createMemoryAgentState(),
      // Everything is confirmed at once: claims are another trial's matter.
      readPublished: async () => ({
        tip: "0".repeat(40),
        at: new Date().toISOString(),
        paths: Object.keys(files.snapshot()),
      }),
      log: SILENT,
    },
    {
      kinds: KINDS,
      needsAction: "cloud-email",
      channel: "email",
      idPrefix: "em",
      ownerName: GMAIL_DEFAULTS.ownerName,
      pollMs: 1_000,
      backlogDays: 7,
    },
    { provider: "echo", wake: () => undefined },
  );
  await agent.readMail();
  say(`${firsts.size} tasks were made; now they are drafted.`);
  const isOpen = (path: string) =>
    path.startsWith(`${FOLDERS.needsAction}/`) || path.startsWith(`${FOLDERS.inProgress}/`);
  for (let turn = 0; Object.keys(files.snapshot()).some(isOpen); turn += 1) {
    if (turn === MAX_TURNS) throw fail("TRIAL_BROKEN", "The cloud agent did not get through the mails.");
    await agent.workTasks();
    await agent.settled();
  }
  agent.stop();
  return [
    ...[...firsts].map(([path, text]) => describeNote(path, text, byMessage)),
    ...Object.entries(files.snapshot())
      .filter(([path]) => path.endsWith(".md"))
      .map(([path, text]) => describeNote(path, text, byMessage)),
  ];
}

function describeNote(path: string, text: string, byMessage: ReadonlyMap<string, HostileMail>): MadeNote {
  const id = /^source_message: "?([^"\n]+)"?$/m.exec(text)?.[1];
  const stage = path.startsWith(`${FOLDERS.needsAction}/`)
    ? "needs action"
    : path.startsWith(`${FOLDERS.pending}/`)
      ? "pending"
      : "other";
  return { path, text, mail: byMessage.get(id ?? "") ?? null, stage };
}

/** A model that has been talked into everything: it answers with the mail's own words. */
function createEcho(): Thinker {
  const rules = createRulesThinker();
  let calls = 0;
  return {
    async think(request) {
      calls += 1;
      const input = request.input as { mail?: { subject?: string; text?: string; from?: { name?: string } } };
      const words = [input.mail?.subject, input.mail?.from?.name, input.mail?.text]
        .join("\n\n")
        .slice(0, 4_000);
      if (request.skill === "triage-email") {
        const value = {
          category: "needs_reply",
          needs_reply: true,
          summary: words.slice(0, 300) || "x",
          confidence: 0.9,
          reason: words.slice(0, 300) || "x",
        };
        return { value: request.schema.parse(value), costEur: 0, provider: "echo" };
      }
      if (calls % 4 === 0) return rules.think(request);
      const value = { text: words.trim() === "" ? "x" : words, questions: [], gaps: [] };
      return { value: request.schema.parse(value), costEur: 0, provider: "echo" };
    },
  };
}

const silent = () => undefined;
const SILENT = { debug: silent, info: silent, warn: silent, error: silent, child: () => SILENT };
