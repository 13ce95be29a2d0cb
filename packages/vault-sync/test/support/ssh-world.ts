import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Role } from "@nightdesk/claim-lib";
import {
  createBareRemote,
  createTempDir,
  startSshServer,
  type BareRemote,
  type SshServer,
} from "@nightdesk/testkit";
import { startDaemon, type Daemon } from "./daemon.ts";
import { makeMachine, type Machine } from "./replicas.ts";

export interface SshWorld {
  folder: string;
  server: SshServer;
  /** The repository as the server sees it. */
  bare: BareRemote;
  /** Its address over ssh. */
  url: string;
  /**
   * A machine with a key of its own that the server lets in, and the server's host key pinned.
   * @param keyOptions what stands before the key in `authorized_keys`
   */
  machine(role: Role, name?: string, keyOptions?: string): Promise<Machine>;
  run(machine: Machine, options?: { url?: string; args?: string[]; env?: Record<string, string> }): Daemon;
  close(): Promise<void>;
}

/** A bare repository behind a real sshd, and machines that reach it with keys of their own. */
export async function createSshWorld(): Promise<SshWorld> {
  const dir = await createTempDir("ssh");
  const bare = await createBareRemote();
  const server = await startSshServer();
  const url = server.urlOf(bare.path);
  const daemons: Daemon[] = [];
  return {
    folder: dir.path,
    server,
    bare,
    url,
    async machine(role, name = role, keyOptions = "") {
      const machine = await makeMachine(dir.path, role, { ...bare, path: url }, name);
      const { file, publicLine } = await server.makeClientKey(name);
      await server.authorize(`${keyOptions} ${publicLine}`.trim());
      await copyFile(file, join(machine.state, "keys", "ssh_key"));
      await writeFile(join(machine.state, "keys", "known_hosts"), `${server.knownHostsLine()}\n`);
      return machine;
    },
    run(machine, options = {}) {
      const daemon = startDaemon(machine, { ...bare, path: options.url ?? url }, options);
      daemons.push(daemon);
      return daemon;
    },
    async close() {
      await Promise.all(daemons.map((daemon) => daemon.stop()));
      await server.remove();
      await bare.remove();
      await dir.remove();
    },
  };
}
