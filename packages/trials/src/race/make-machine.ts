import { generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AgentName } from "@nightdesk/claim-lib";

/** One working copy: a vault folder, a state folder with a key of its own. */
export interface Machine {
  agent: AgentName;
  vault: string;
  state: string;
  /** The settings its programs are started with. */
  env: Record<string, string>;
}

/** Makes a machine's folders and key as `nightdesk init` leaves them. */
export async function makeMachine(root: string, agent: AgentName, remotePath: string): Promise<Machine> {
  const vault = join(root, agent, "vault");
  const state = join(root, agent, "state");
  await mkdir(vault, { recursive: true });
  await mkdir(join(state, "keys"), { recursive: true, mode: 0o700 });
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(join(state, "keys", "sync.pem"), pem, { mode: 0o600 });
  return { agent, vault, state, env: environmentOf(agent, { vault, state, remotePath }) };
}

function environmentOf(
  agent: AgentName,
  { vault, state, remotePath }: { vault: string; state: string; remotePath: string },
): Record<string, string> {
  return {
    NIGHTDESK_ENV_FILE: "",
    AGENT_TYPE: agent === "local" ? "local" : "cloud",
    ...(agent === "local" ? {} : { AGENT_NAME: agent }),
    VAULT_PATH: vault,
    STATE_PATH: state,
    GIT_REMOTE: remotePath,
    LOG_LEVEL: "info",
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? "",
  };
}
