import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  hashArgs,
  NightdeskError,
  payloadOf,
  signReceipt,
  type Receipt,
  type SignedReceipt,
} from "@nightdesk/claim-lib";
import { connectMcp, type McpLink } from "@nightdesk/daemon-kit/connect-mcp";
import { createSocketFetch } from "@nightdesk/daemon-kit/socket-fetch";
import { z } from "zod";
import type { Office } from "../office/open-office.ts";
import type { Reply } from "../office/sample-reply.ts";
import type { ToolCall } from "../office/socket-tap.ts";
import { KINDS } from "../sample-notes.ts";

export type Args = Record<string, unknown>;

/** Which of the running mail servers is called: the laptop's, its double, a rehearsing one, the cloud's. */
type ServerName = "live" | "second" | "rehearsal" | "draft";

/** A program on the laptop that talks to the mail servers past the agent. */
export interface ToolCaller {
  /** What the owner would have approved. */
  argsOf(reply: Reply): Args;
  /**
   * The laptop's own word, as its agent would give it: a trial cannot wait until the agent has given one
   * for another account or one that is ten minutes old.
   */
  receipt(reply: Reply, over?: Partial<Receipt>, args?: Args): SignedReceipt;
  /** The same content, signed with another key: of the laptop's sync, or of the forger's own. */
  receiptBy(key: "sync" | "own", reply: Reply): SignedReceipt;
  /** One call: the error's code and words, or the answer. */
  call(tool: string, args: Args, server?: ServerName): Promise<string>;
  /** The whole effect, as far as it goes: prepare and then commit under the same receipt. */
  carryOut(receipt: unknown, args: Args, server?: ServerName): Promise<string>;
  handleOf(receipt: unknown, args: Args): Promise<string>;
  listTools(server: ServerName): Promise<string[]>;
  /** Bytes of the forger's own making instead of a client's JSON. */
  callRaw(like: ToolCall, tool: string, argumentsJson: string): Promise<string>;
  restartLive(): Promise<void>;
  close(): Promise<void>;
}

/** Long enough for a trial on a busy machine. */
const RECEIPT_MS = 600_000;

export async function openToolCaller(office: Office): Promise<ToolCaller> {
  const { local, cloud } = office;
  const socketOf = (state: string, name = "email") => join(state, "mcp", `${name}.sock`);
  const paths: Record<ServerName, string> = {
    live: socketOf(local.state),
    second: socketOf(local.state, "second"),
    rehearsal: socketOf(local.state, "rehearsal"),
    draft: socketOf(cloud.state),
  };
  const second = office.addMailServer("second", { EMAIL_MCP_SOCKET: paths.second });
  const rehearsal = office.addMailServer("rehearsal", {
    EMAIL_MCP_SOCKET: paths.rehearsal,
    DEV_MODE: "true",
  });
  await Promise.all([second.start(), rehearsal.start()]);
  return {
    argsOf,
    ...(await openReceipts(office)),
    ...createCalls(paths),
    callRaw: (like, tool, argumentsJson) => callRaw(paths.live, like, tool, argumentsJson),
    async restartLive() {
      await local.mailServer.stop("SIGKILL");
      await local.mailServer.start();
    },
  };
}

const argsOf = (reply: Reply): Args => payloadOf(reply.note, KINDS).args;

/** What signs: the laptop's own key for receipts, that of its sync, and one of the forger's. */
async function openReceipts({ local, gmail }: Office): Promise<Pick<ToolCaller, "receipt" | "receiptBy">> {
  const keys = {
    receipt: await readFile(join(local.state, "keys/receipt.pem"), "utf8"),
    sync: await readFile(join(local.state, "keys/sync.pem"), "utf8"),
    own: generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
  const contentOf = (reply: Reply, over: Partial<Receipt>, args: Args): Receipt => ({
    v: 1,
    id: reply.id,
    rev: reply.rev,
    channel: "email",
    account: gmail.address,
    mode: "live",
    tool: "email_reply",
    args_sha256: hashArgs(args),
    nonce: hashArgs([reply.id, args]).slice(0, 32),
    issued_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + RECEIPT_MS).toISOString(),
    ...over,
  });
  return {
    receipt: (reply, over = {}, args = argsOf(reply)) =>
      signReceipt(contentOf(reply, over, args), keys.receipt),
    receiptBy: (key, reply) => signReceipt(contentOf(reply, {}, argsOf(reply)), keys[key]),
  };
}

type Calls = Pick<ToolCaller, "call" | "carryOut" | "handleOf" | "listTools" | "close">;

function createCalls(paths: Record<ServerName, string>): Calls {
  const links = new Map<ServerName, McpLink>();
  const linkTo = (name: ServerName) => {
    const link = links.get(name) ?? connectMcp({ socketPath: paths[name], name: "forger" });
    links.set(name, link);
    return link;
  };
  const answer = (tool: string, args: Args, server: ServerName) =>
    linkTo(server).call(tool, args, z.record(z.string(), z.unknown()), { effect: true });
  const call = (tool: string, args: Args, server: ServerName = "live") => told(answer(tool, args, server));
  return {
    call,
    async carryOut(receipt, args, server = "live") {
      const prepared = await told(answer("email_prepare", { receipt, args }, server), "handle");
      if (/^[A-Z_]+ /.test(prepared)) return prepared;
      return call("email_commit", { receipt, handle: prepared }, server);
    },
    handleOf: async (receipt, args) =>
      String((await answer("email_prepare", { receipt, args }, "live"))["handle"]),
    listTools: (server) => linkTo(server).listTools(),
    async close() {
      await Promise.all([...links.values()].map((link) => link.close()));
    },
  };
}

async function callRaw(
  socketPath: string,
  { headers, body }: ToolCall,
  tool: string,
  argumentsJson: string,
): Promise<string> {
  const request = JSON.parse(body);
  request.params = { ...request.params, name: tool, arguments: "@" };
  const { "content-length": _length, host: _host, ...kept } = headers;
  const response = await createSocketFetch(socketPath, 5_000)("http://localhost/mcp", {
    method: "POST",
    headers: { ...kept, ...("mcp-name" in kept ? { "mcp-name": tool } : {}) },
    body: JSON.stringify(request).replace('"@"', () => argumentsJson),
  });
  return response.text();
}

/** The error's own code with its words; else one field of the answer, or all of it. */
async function told(work: Promise<Record<string, unknown>>, field?: string): Promise<string> {
  try {
    const answer = await work;
    return field === undefined ? JSON.stringify(answer) : String(answer[field]);
  } catch (error) {
    if (NightdeskError.is(error)) return `${error.code} ${error.message}`;
    throw error;
  }
}
