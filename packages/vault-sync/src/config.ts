import { COMMON_EXAMPLES, commonFields, wholeNumber } from "@nightdesk/daemon-kit/common-config";
import { loadConfig, type Environment } from "@nightdesk/daemon-kit/load-config";
import { isAgentName, type AgentName } from "@nightdesk/claim-lib";
import { z } from "zod";
import { fail } from "./errors.ts";
import { parseRemote } from "./git/remote-url.ts";

const schema = z.object({
  ...commonFields,
  /** Only where the cloud has several workers, each with a vault folder and a key of its own. */
  AGENT_NAME: z
    .string()
    .refine((name): name is AgentName => isAgentName(name) && name !== "local", {
      message: "must be cloud-2, cloud-night or the like",
    })
    .optional(),
  GIT_REMOTE: z.string().refine((url) => isRemote(url, "main"), {
    message: "is not an address that can be used safely",
  }),
  GIT_BRANCH: z
    .string()
    .default("main")
    .refine((branch) => isRemote("/any.git", branch), { message: "is not a plain branch name" }),
  /** Seconds; the slowest rhythm, when nothing has moved for a while. */
  VAULT_SYNC_INTERVAL: wholeNumber({ min: 1, max: 3600, default: 30 }),
});

export const VAULT_SYNC_EXAMPLES: Readonly<Record<string, string>> = {
  ...COMMON_EXAMPLES,
  AGENT_NAME: "cloud-2",
  GIT_REMOTE: "ssh://nightdesk@vm.example.org/srv/nightdesk/vault.git",
  GIT_BRANCH: "main",
  VAULT_SYNC_INTERVAL: "30",
};

export type VaultSyncConfig = z.infer<typeof schema>;

/** The settings, read once. Throws CONFIG_INVALID, or CONFIG_FORBIDDEN_SECRET for a secret of the laptop's. */
export function readConfig(env: Environment): VaultSyncConfig {
  const config = loadConfig(schema, { env, examples: VAULT_SYNC_EXAMPLES });
  if (config.AGENT_TYPE !== "local" || config.AGENT_NAME === undefined) return config;
  throw fail(
    "USAGE",
    "AGENT_NAME is for a further worker in the cloud; the laptop has none. Nothing was started.",
  );
}

function isRemote(url: string, branch: string): boolean {
  try {
    parseRemote(url, branch);
    return true;
  } catch {
    return false;
  }
}
