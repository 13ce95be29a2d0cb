import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { hasSshd, startSshServer, waitFor, withTempDir, type SshServer } from "../src/index.ts";

const skip = (await hasSshd()) ? false : "no sshd on this machine (Debian: openssh-server)";

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

async function ask(server: SshServer, knownHosts: string, key: string, command: string): Promise<Answer> {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    "GlobalKnownHostsFile=none",
    `UserKnownHostsFile=${knownHosts}`,
  ].flatMap((option) => ["-o", option]);
  const args = ["-F", "none", ...options, "-i", key, "-p", String(server.port), server.address, command];
  return new Promise((resolve) => {
    execFile("ssh", args, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

describe("the ssh server of the tests", { skip }, () => {
  it("lets in the keys it was given and no other, and stops with every connection it holds", () =>
    withTempDir(async (folder) => {
      const server = await startSshServer();
      try {
        const known = join(folder, "known_hosts");
        await writeFile(known, `${server.knownHostsLine()}\n`);
        const friend = await server.makeClientKey("friend");
        const stranger = await server.makeClientKey("stranger");
        await server.authorize(friend.publicLine);
        assert.equal((await ask(server, known, friend.file, "echo in")).stdout, "in\n");
        assert.match((await ask(server, known, stranger.file, "echo in")).stderr, /Permission denied/);
        const hanging = ask(server, known, friend.file, "sleep 60");
        await waitFor(async () => (await server.connections()) > 0, { what: "the connection" });
        await server.stop();
        assert.equal((await hanging).code, 255);
        assert.match((await ask(server, known, friend.file, "echo in")).stderr, /refused/i);
      } finally {
        await server.remove();
      }
    }));

  it("comes back on the same port, with another host key when asked", () =>
    withTempDir(async (folder) => {
      const server = await startSshServer();
      try {
        const known = join(folder, "known_hosts");
        await writeFile(known, `${server.knownHostsLine()}\n`);
        const { file, publicLine } = await server.makeClientKey("friend");
        await server.authorize(publicLine);
        await server.start();
        assert.equal((await ask(server, known, file, "echo in")).stdout, "in\n");
        await server.start({ newHostKey: true });
        assert.match((await ask(server, known, file, "echo in")).stderr, /verification failed/);
      } finally {
        await server.remove();
      }
    }));
});
