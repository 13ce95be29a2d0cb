import { COMMON_EXAMPLES, commonFields, wholeNumber } from "@nightdesk/daemon-kit/common-config";
import { loadConfig, type Environment } from "@nightdesk/daemon-kit/load-config";
import { z } from "zod";
import { parseRemote } from "./git/remote-url.ts";

const schema = z.object({
  ...commonFields,
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
  GIT_REMOTE: "ssh://nightdesk@vm.example.org/srv/nightdesk/vault.git",
  GIT_BRANCH: "main",
  VAULT_SYNC_INTERVAL: "30",
};

export type VaultSyncConfig = z.infer<typeof schema>;

/** The settings, read once. Throws CONFIG_INVALID, or CONFIG_FORBIDDEN_SECRET for a secret of the laptop's. */
export function readConfig(env: Environment): VaultSyncConfig {
  return loadConfig(schema, { env, examples: VAULT_SYNC_EXAMPLES });
}

function isRemote(url: string, branch: string): boolean {
  try {
    parseRemote(url, branch);
    return true;
  } catch {
    return false;
  }
}
