import { NightdeskError, type VaultFiles } from "@nightdesk/claim-lib";
import { createCloudAgent, type CloudAgent, type MailPort } from "@nightdesk/cloud-agent";
import { createSeededRandom } from "@nightdesk/testkit";
import { createRulesThinker } from "@nightdesk/think";
import { acknowledge, begin } from "./actions.ts";
import type { Machine } from "./machine.ts";
import { FREE_FOLDER as NEEDS_ACTION, KINDS } from "../sample-notes.ts";
import type { World } from "./world.ts";
import { createMemoryAgentState } from "../memory-agent-state.ts";

/** The real cloud agent on a simulated machine; its mailbox has one mail for every task of these worlds. */
export function startRealCloud(world: World, machine: Machine, seed: number): CloudAgent {
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log };
  return createCloudAgent(
    {
      files: witnessed(world, machine),
      mail: MAILBOX,
      thinker: createRulesThinker(),
      rules: createRulesThinker(),
      clock: machine.clock,
      random: createSeededRandom(seed),
      state: createMemoryAgentState(),
      readPublished: () => machine.readPublished(),
      log,
    },
    {
      kinds: KINDS,
      needsAction: NEEDS_ACTION.slice("Needs_Action/".length),
      channel: "email",
      idPrefix: "em",
      ownerName: "Erika",
      pollMs: 60_000,
      backlogDays: 1,
    },
    { provider: "rules", wake: silent },
  );
}

/** One turn as its main loop makes it: mail, claims, thoughts, proposals. */
export async function takeTurn(agent: CloudAgent): Promise<void> {
  try {
    await agent.readMail();
    await agent.workTasks();
    await agent.settled();
    await agent.workTasks();
  } catch (error) {
    // The disk refused: its main loop goes on in the next round.
    if (!NightdeskError.is(error)) throw error;
  }
}

/** Every text the agent writes is put down as written by somebody who had read what lay there. */
function witnessed(world: World, machine: Machine): VaultFiles {
  const { files } = machine;
  return {
    list: (folder) => files.list(folder),
    read: (path) => files.read(path),
    stat: (path) => files.stat(path),
    append: (path, text) => files.append(path, text),
    move: (from, to) => files.move(from, to),
    remove: (path) => files.remove(path),
    async write(path, text) {
      begin(world, text, (await files.read(path)) ?? undefined);
      await files.write(path, text);
      acknowledge(world, path, text);
    },
  };
}

/** No mail comes in by itself: tasks arrive as the world says. */
const MAILBOX: MailPort = {
  profile: async () => ({ account: "erika@example.com", cursor: "1" }),
  changes: async (cursor) => ({ messages: [], cursor, expired: false }),
  search: async () => ({ messages: [] }),
  thread: async () => ({ messages: [] }),
  read: async (messageId) => ({
    message_id: messageId,
    thread_id: messageId.replace("m", "t"),
    labels: ["INBOX"],
    received_at: "2026-11-21T07:00:00.000Z",
    from: { name: "Ann", address: "ann@example.com" },
    to: [{ name: "", address: "erika@example.com" }],
    cc: [],
    reply_to: [],
    subject: "Offer",
    text: "Hello,\n\nplease send an offer.",
    html_only: false,
    attachments: [],
    header: { list_id: null, list_unsubscribe: null, precedence: null, auto_submitted: null },
    problems: [],
  }),
  composeReply: async (messageId) => ({
    to: ["ann@example.com"],
    cc: [],
    subject: "Re: Offer",
    thread_id: messageId.replace("m", "t"),
    last_message_id: messageId,
    warnings: [],
  }),
};
