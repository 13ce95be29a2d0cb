import { NightdeskError } from "@nightdesk/claim-lib";
import type { ChannelLink } from "@nightdesk/local-agent";
import type { ZodType } from "zod";
import { createGmailServer } from "./gmail-server.ts";
import { never } from "./never.ts";
import { readMailbox } from "./mailbox.ts";
import type { CallName } from "./outside.ts";
import { createPlainServer } from "./plain-server.ts";
import type { ExecWorld } from "./world.ts";

/** What a channel's live server does when its tools are called. */
export interface LiveServer {
  prepare(input: { receipt: unknown; args: Record<string, unknown> }): Promise<{ handle: string }>;
  commit(input: { receipt: unknown; handle: string }): Promise<{ message_id: string; sent_at: string }>;
  find(input: { receipt: unknown; handle: string }): Promise<{ state: string }>;
  /** Only where something lies with the provider before it is sent. */
  discard?(input: { receipt: unknown; handle: string }): Promise<{ discarded: boolean }>;
}

/** The link of one run of local-agent to its server, with what may go wrong between the two. */
export function createSimLink(world: ExecWorld, isAgentAlive: () => boolean): ChannelLink {
  let life = -1;
  let server: LiveServer | null = null;
  /** A server that died is started again by PM2 before the next call. */
  const serverNow = (): LiveServer => {
    if (server === null || life !== world.serverLife) {
      life = world.serverLife;
      const mine = life;
      const isAlive = () => mine === world.serverLife;
      server =
        world.kind === "handle" ? createGmailServer(world, isAlive) : createPlainServer(world, isAlive);
    }
    return server;
  };

  const call = async <T>(tool: string, args: Record<string, unknown>, schema: ZodType<T>): Promise<T> => {
    if (!isAgentAlive()) return never();
    const name = tool.slice("email_".length);
    const fault = isLiveTool(name) ? world.takeFault(name) : null;
    if (fault?.fault === "call-down")
      throw new NightdeskError("MCP_UNREACHABLE", "The mail server could not be reached.", { retry: "safe" });
    if (fault?.fault === "call-lost") throw lost(name);
    const isEnding = fault?.fault === "server-dies" && "after" in fault;
    const stop = isEnding ? endAfter(world, fault.after ?? 1) : () => undefined;
    const answering = isLiveTool(name)
      ? callLive(world, serverNow(), name, args)
      : Promise.resolve().then(() => readMailbox(world, name, args));
    const gone = world.serverEnd().then((): Answer => ({ state: "gone" }));
    const answer = await Promise.race([settle(answering), gone]);
    stop();
    if (!isAgentAlive()) return never();
    if (answer.state === "gone" || fault?.fault === "answer-lost") throw lost(name);
    if (answer.state === "failed") throw answer.error;
    return schema.parse(answer.value);
  };
  return { read: call, act: call };
}

function isLiveTool(name: string): name is CallName {
  return name === "prepare" || name === "commit" || name === "find" || name === "discard";
}

type Answer = { state: "ok"; value: unknown } | { state: "failed"; error: unknown } | { state: "gone" };

async function settle(answering: Promise<unknown>): Promise<Answer> {
  try {
    return { state: "ok", value: await answering };
  } catch (error) {
    // What is no error of ours would not cross the wire with a code.
    return NightdeskError.is(error) && error.code !== "TRIAL_BROKEN"
      ? { state: "failed", error }
      : { state: "gone" };
  }
}

/** The server's process ends after so many changes; the caller sees the connection break. */
function endAfter(world: ExecWorld, changes: number): () => void {
  const before = world.onEffect;
  const life = world.serverLife;
  let left = changes;
  world.onEffect = (effect) => {
    before?.(effect);
    left -= 1;
    if (left > 0 && life === world.serverLife) return;
    world.onEffect = before;
    if (life === world.serverLife) world.endServer();
  };
  return () => (left = Number.POSITIVE_INFINITY);
}

async function callLive(
  world: ExecWorld,
  server: LiveServer,
  name: CallName,
  args: Record<string, unknown>,
): Promise<unknown> {
  const input = { receipt: args["receipt"], handle: String(args["handle"]) };
  if (name === "prepare") return server.prepare({ ...input, args: args["args"] as Record<string, unknown> });
  if (name === "commit") {
    if (world.outside.lastWord[input.handle] === "unknown")
      world.report("what may have happened is never asked for again", `commit of ${input.handle}`);
    return server.commit(input);
  }
  if (name === "discard") {
    if (server.discard) return server.discard(input);
    throw new NightdeskError("MCP_REFUSED", "There is no such tool.");
  }
  const found = await server.find(input);
  world.outside = {
    ...world.outside,
    lastWord: { ...world.outside.lastWord, [input.handle]: found.state },
  };
  return found;
}

function lost(name: string): NightdeskError {
  return isLiveTool(name) && name !== "find"
    ? new NightdeskError("MCP_OUTCOME_UNKNOWN", "No answer came back.", { retry: "ambiguous" })
    : new NightdeskError("MCP_READ_FAILED", "No answer came back; nothing was changed.", { retry: "safe" });
}
