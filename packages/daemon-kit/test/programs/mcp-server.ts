// A channel's server in a process of its own, for the tests to kill and start again.
import { NightdeskError } from "@nightdesk/claim-lib";
import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { createLogger } from "../../src/logger.ts";
import { serveMcp } from "../../src/serve-mcp.ts";
import { answerTool } from "../../src/tool-result.ts";

const [transport, socketPath] = process.argv.slice(2);

function createServer(): McpServer {
  const server = new McpServer({ name: "test-channel", version: "1" });
  const text = z.object({ text: z.string() });
  server.registerTool("echo", { inputSchema: text, outputSchema: text }, ({ text: value }) =>
    answerTool(async () => ({ text: value })),
  );
  server.registerTool("refuse", { inputSchema: text }, () =>
    answerTool(async () => {
      throw new NightdeskError("RECEIPT_FORGED", "Not signed here.", { retry: "never", data: { at: 7 } });
    }),
  );
  server.registerTool("break", { inputSchema: z.object({}) }, () =>
    answerTool(async () => {
      throw new TypeError("unforeseen");
    }),
  );
  // Dies in the middle of the work: the caller cannot know how far it came.
  server.registerTool(
    "die",
    { inputSchema: z.object({}) },
    () => process.kill(process.pid, "SIGKILL") as never,
  );
  server.registerTool("hang", { inputSchema: z.object({}) }, () => new Promise<never>(() => undefined));
  return server;
}

await serveMcp({
  createServer,
  transport: transport === "stdio" ? "stdio" : "socket",
  ...(socketPath ? { socketPath } : {}),
  logger: createLogger({ name: "test-channel", level: "silent" }),
});
if (transport !== "stdio") process.stdout.write("ready\n");
