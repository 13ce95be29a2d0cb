import { McpServer } from "@modelcontextprotocol/server";
import type { MailReader } from "./provider.ts";
import { READ_TOOLS } from "./tools/read-tools.ts";

/** Puts further tools on a server; live mode has one. */
export type AddTools = (server: McpServer) => void;

/** Makes a server with its tools. Cheap, and keeps nothing: over a socket each request gets its own. */
export function createServer(reader: MailReader, addLiveTools: AddTools | null): McpServer {
  const server = new McpServer(
    { name: "nightdesk-email", version: "0.1.0" },
    { capabilities: { tools: {} } },
  );
  for (const tool of READ_TOOLS) tool.register(server, { reader });
  addLiveTools?.(server);
  return server;
}
