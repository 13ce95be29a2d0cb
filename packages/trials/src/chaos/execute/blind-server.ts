import { mkdir } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { McpServer } from "@modelcontextprotocol/server";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { createFailpoints } from "@nightdesk/daemon-kit/failpoints";
import { keepCompileCache } from "@nightdesk/daemon-kit/flush-compile-cache";
import { createLogger } from "@nightdesk/daemon-kit/logger";
import { onStop, signalReady } from "@nightdesk/daemon-kit/pm2-link";
import { runMain } from "@nightdesk/daemon-kit/run-main";
import { serveMcp } from "@nightdesk/daemon-kit/serve-mcp";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import { answerTool } from "@nightdesk/daemon-kit/tool-result";
import { z } from "zod";
import { fail } from "../../errors.ts";
import { BLIND_FAILPOINTS, openBlindEffects } from "./blind-effects.ts";
import { openBlindWorld, replyArgs, type Arrived, type BlindWorld } from "./blind-world.ts";

/**
 * A live mail server in front of a provider that cannot tell whether a mail went out, with the tools, the socket
 * and the receipts of the real one. `node blind-server.ts WORLD`, with the laptop's settings in the environment.
 */
const settings = z.object({
  STATE_PATH: z.string(),
  GMAIL_ADDRESS: z.string(),
  NIGHTDESK_FAILPOINT: z.string().default(""),
});

const receipt = z.unknown();
const handle = z.string();
type Effects = Awaited<ReturnType<typeof openBlindEffects>>;

const flushCache = keepCompileCache();

await runMain(async () => {
  const env = settings.parse(process.env);
  const world = openBlindWorld(process.argv[2] ?? "");
  const logger = createLogger({ name: "blind-server", level: "info" });
  await mkdir(join(env.STATE_PATH, "handles"), { recursive: true });
  const names = env.NIGHTDESK_FAILPOINT.split(",");
  const effects = await openBlindEffects({
    world,
    bindings: openAppendLog(join(env.STATE_PATH, "handles", "blind.jsonl")),
    account: env.GMAIL_ADDRESS,
    receiptKey: () => readFileSync(join(env.STATE_PATH, "keys", "receipt.pub.pem"), "utf8"),
    reach: createFailpoints(
      BLIND_FAILPOINTS.filter((point) => names.includes(point)),
      env.STATE_PATH,
    ),
    clock: systemClock,
    random: systemRandom,
  });
  const service = await serveMcp({
    createServer: () => createServer(world, effects, env.GMAIL_ADDRESS),
    transport: "socket",
    socketPath: join(env.STATE_PATH, "mcp", "email.sock"),
    logger,
  });
  onStop(() => service.close(), { onError: (error) => logger.error({ event: "stop.failed", error }) });
  signalReady();
  flushCache();
});

function createServer(world: BlindWorld, effects: Effects, account: string): McpServer {
  const server = new McpServer({ name: "blind", version: "1" }, { capabilities: { tools: {} } });
  const tool = <In extends z.ZodObject>(
    name: string,
    inputSchema: In,
    work: (input: z.output<In>) => Promise<object>,
  ) =>
    server.registerTool<z.ZodObject, z.ZodObject>(name, { inputSchema }, (input) =>
      answerTool(async () => work(inputSchema.parse(input))),
    );

  tool("email_profile", z.strictObject({}), async () => ({ account, cursor: "1" }));
  tool("email_read", z.strictObject({ message_id: z.string() }), ({ message_id }) =>
    mailWith(world, (mail) => mail.message_id === message_id),
  );
  tool("email_thread", z.strictObject({ thread_id: z.string() }), async ({ thread_id }) => {
    const { message_id, received_at } = await mailWith(world, (mail) => mail.thread_id === thread_id);
    return { thread_id, messages: [{ message_id, received_at, sent_by_owner: false }] };
  });
  tool("email_compose_reply", z.strictObject({ message_id: z.string() }), async ({ message_id }) => {
    const mail = await mailWith(world, (one) => one.message_id === message_id);
    return {
      to: [mail.from.address],
      cc: [],
      subject: `Re: ${mail.subject}`,
      source_message_id: message_id,
      thread_id: mail.thread_id,
      last_message_id: message_id,
      warnings: [],
    };
  });
  tool("email_prepare", z.strictObject({ receipt, args: replyArgs }), (input) =>
    effects.prepare(input.receipt, input.args),
  );
  tool("email_commit", z.strictObject({ receipt, handle }), (input) =>
    effects.commit(input.receipt, input.handle),
  );
  // Nothing lies about at a provider that knows no draft.
  tool("email_discard", z.strictObject({ receipt, handle }), async () => ({ discarded: false }));
  tool("email_find", z.strictObject({ receipt, handle }), (input) =>
    effects.find(input.receipt, input.handle),
  );
  return server;
}

async function mailWith(world: BlindWorld, isIt: (mail: Arrived) => boolean): Promise<Arrived> {
  const mail = (await world.arrived()).find(isIt);
  if (mail) return mail;
  throw fail("MAIL_NOT_FOUND", "The stand-in mailbox has no such mail.");
}
