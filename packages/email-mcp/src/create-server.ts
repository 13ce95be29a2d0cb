import { McpServer } from "@modelcontextprotocol/server";
import type { ReadDeps } from "./tools/read-deps.ts";
import { READ_TOOLS } from "./tools/read-tools.ts";

/** Puts further tools on a server; live mode has one. */
export type AddTools = (server: McpServer) => void;

/** Makes a server with its tools. Cheap, and keeps nothing: over a socket each request gets its own. */
export function createServer(deps: ReadDeps, addLiveTools: AddTools | null): McpServer {
  const server = new McpServer(
    { name: "nightdesk-email", version: "0.1.0" },
    { capabilities: { tools: {} } },
  );
  for (const tool of READ_TOOLS) tool.register(server, deps);
  addLiveTools?.(server);
  return server;
}
