import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startSshServer, readProcesses } from "@nightdesk/testkit";
import { fail } from "../errors.ts";

export interface SshWorld {
  /** The sshd of this pair alone, so that its processes can be counted. */
  pid: number;
  urlOf(folder: string): string;
  /** Puts a key of its own and the server's pinned key into a machine's key folder. */
  letIn(keysFolder: string): Promise<void>;
  remove(): Promise<void>;
}

/** What the server lets a key do: anything, or git's own commands alone, as a hosted remote does. */
export type ServerKind = "shell" | "git only";

/** git-shell comes with git: it runs git's server commands and refuses everything else. */
const GIT_ONLY = 'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"" ';

/** A real sshd for one pair of machines. */
export async function startSshWorld(kind: ServerKind): Promise<SshWorld> {
  const before = await readProcesses();
  const server = await startSshServer();
  const pid = [...(await readProcesses())].find(
    ([one, row]) => !before.has(one) && row.parent === process.pid && row.command.includes("sshd"),
  )?.[0];
  if (pid === undefined) throw fail("TRIAL_BROKEN", "The sshd that was started is not among the processes.");
  let clients = 0;
  return {
    pid,
    urlOf: server.urlOf,
    async letIn(keysFolder) {
      clients += 1;
      const { file, publicLine } = await server.makeClientKey(`bench-${clients}`);
      await server.authorize(`${kind === "shell" ? "" : GIT_ONLY}${publicLine}`);
      await copyFile(file, join(keysFolder, "ssh_key"));
      await writeFile(join(keysFolder, "known_hosts"), `${server.knownHostsLine()}\n`);
    },
    remove: server.remove,
  };
}
