import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { waitFor } from "@nightdesk/testkit";
import { settings } from "./open-email.ts";

export const MAIN = join(import.meta.dirname, "../../src/main.ts");

export interface SocketServer {
  process: ChildProcess;
  /** Ends it and resolves when it is gone. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** Starts the real live server as PM2 does, on a socket in the state folder, and waits until it serves. */
export async function startSocketServer(
  baseUrl: string,
  statePath: string,
  compileCache: string,
): Promise<SocketServer> {
  const server = spawn(process.execPath, [MAIN, "--mode", "live", "--transport", "socket"], {
    env: { ...settings(baseUrl, statePath, "live"), LOG_LEVEL: "info", NODE_COMPILE_CACHE: compileCache },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let log = "";
  server.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  await waitFor(() => log.includes("email-mcp.ready"), {
    what: "the server to be ready",
    describe: () => log,
  });
  return {
    process: server,
    async end(signal) {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, "exit");
      server.kill(signal);
      await exited;
    },
  };
}
