import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createBareRemote, hasSshd, waitFor } from "@nightdesk/testkit";
import { announceCommand } from "../src/announce/announce-command.ts";
import { createSshWorld } from "./support/ssh-world.ts";
import { fileOf, mailNote } from "./support/notes.ts";
import { putNote, readNote } from "./support/replicas.ts";

const GATE = join(import.meta.dirname, "../../../deploy/nightdesk-gate");
const onWindows = process.platform === "win32" ? "the gate is for a server with a POSIX shell" : false;

const remote = await createBareRemote();
after(() => remote.remove());
const other = await createBareRemote();
after(() => other.remove());

function knock(asked: string | undefined, args: string[] = [remote.path]) {
  return spawnSync("sh", [GATE, ...args], {
    env: { PATH: process.env["PATH"], ...(asked === undefined ? {} : { SSH_ORIGINAL_COMMAND: asked }) },
    input: "0000",
    encoding: "utf8",
    timeout: 10_000,
  });
}

describe("the gate in front of the repository", { skip: onWindows }, () => {
  it("lets through a fetch and a push of its own repository", () => {
    for (const service of ["git-upload-pack", "git-receive-pack"]) {
      const { status, stdout } = knock(`${service} '${remote.path}'`);
      assert.equal(status, 0);
      assert.match(stdout, /^00/, "git's list of refs");
    }
  });

  it("runs nothing else, whatever is asked and however it is dressed", () => {
    const proof = join(remote.path, "proof");
    const { path } = remote;
    const hostile = [
      undefined,
      "",
      "sh",
      `touch ${proof}`,
      `git-upload-pack '${other.path}'`,
      `git-upload-pack '${path}/../${other.path.split("/").at(-2)}/remote.git'`,
      `git-upload-pack '${path}'; touch ${proof}`,
      `git-upload-pack '${path}' && touch ${proof}`,
      `git-upload-pack '${path}'\ntouch ${proof}`,
      `\ntouch ${proof}\ngit-upload-pack '${path}'`,
      `git-upload-pack '${path}' '--upload-pack=touch ${proof}'`,
      `git-upload-pack --exec='touch ${proof}' '${path}'`,
      `git-upload-pack '$(touch ${proof})'`,
      `git-upload-pack \`touch ${proof}\``,
      `git-upload-archive '${path}'`,
      `git-receive-pack ${path}`,
      ` git-receive-pack '${path}'`,
      `GIT_DIR=${path} git-receive-pack '${path}'`,
      `git --git-dir=${path} config core.hooksPath /tmp`,
      "scp -t /",
      "/usr/lib/openssh/sftp-server",
      "internal-sftp",
      "rsync --server . /",
      `${announceCommand(path, "main")}; touch ${proof}`,
      announceCommand(path, "other"),
      announceCommand(path, "../../HEAD"),
      announceCommand(`${path}/../../../../etc`, "passwd"),
      announceCommand(other.path, "main"),
      `${"A".repeat(100_000)}`,
      "*",
      "-x",
      "%s%n",
    ];
    for (const asked of hostile) {
      const { status, stdout, stderr } = knock(asked);
      assert.equal(status, 1, asked ?? "no command");
      assert.equal(stdout, "", asked ?? "no command");
      assert.match(stderr, /^nightdesk-gate: this key may only sync /);
    }
    assert.equal(existsSync(proof), false);
  });

  it("is closed when its own line in authorized_keys is not right", () => {
    for (const args of [
      [],
      [""],
      ["-x"],
      ["/srv/it's.git"],
      ["/srv/a b"],
      ["/srv/$(id)"],
      [remote.path, "a;b"],
      [remote.path, "-x"],
    ]) {
      const [repo = ""] = args;
      const { status, stdout } = knock(`git-upload-pack '${repo}'`, args);
      assert.equal(status, 1);
      assert.equal(stdout, "");
    }
  });

  it("announces with the very command vault-sync sends, and ends with the other side, leaving nothing", async () => {
    const child = spawn("sh", [GATE, remote.path], {
      env: { PATH: process.env["PATH"], SSH_ORIGINAL_COMMAND: announceCommand(remote.path, "main") },
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await waitFor(() => said.includes("nightdesk-announce\n"), { what: "the greeting" });
    const tree = await remote.git("mktree", "--missing");
    const commit = await remote.git("commit-tree", "-m", "x", tree);
    await remote.git("update-ref", "refs/heads/main", commit);
    await waitFor(() => said.includes(`${commit}\n`), { what: "the announcement", describe: () => said });
    const ended = once(child, "close");
    child.stdin.end();
    // Its output closes only when tail, which holds it too, has ended.
    await ended;
  });

  it("only the one branch can be seen or moved, and it cannot be deleted or put back", async () => {
    const bare = await createBareRemote();
    try {
      const commitOn = async (parents: string[]) => {
        const tree = await bare.git("mktree", "--missing");
        return bare.git("commit-tree", "-m", "x", ...parents.flatMap((parent) => ["-p", parent]), tree);
      };
      const first = await commitOn([]);
      const second = await commitOn([first]);
      await bare.git("config", "receive.denyNonFastForwards", "false");
      await bare.git("config", "receive.denyDeletes", "false");
      await bare.git("update-ref", "refs/heads/main", second);
      await bare.git("update-ref", "refs/heads/secret", first);
      const zero = "0".repeat(40);
      const push = (old: string, next: string, ref: string) => {
        const line = `${old} ${next} ${ref}\0 report-status`;
        const packet = (line.length + 4).toString(16).padStart(4, "0") + line;
        const emptyPack = Buffer.from(
          "5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e",
          "hex",
        );
        const input = Buffer.concat([
          Buffer.from(`${packet}0000`),
          next === zero ? Buffer.alloc(0) : emptyPack,
        ]);
        return spawnSync("sh", [GATE, bare.path], {
          env: { PATH: process.env["PATH"], SSH_ORIGINAL_COMMAND: `git-receive-pack '${bare.path}'` },
          input,
        }).stdout.toString();
      };
      assert.doesNotMatch(push(first, second, "refs/heads/secret"), /secret\n|ok refs/);
      for (const [old, next, ref] of [
        [second, zero, "refs/heads/main"],
        [second, first, "refs/heads/main"],
        [zero, first, "refs/heads/new"],
        [zero, first, "refs/nightdesk/base"],
        [first, second, "refs/heads/secret"],
      ] as const) {
        assert.match(push(old, next, ref), new RegExp(`ng ${ref} `), `${ref} ${next}`);
      }
      assert.equal(await bare.git("rev-parse", "refs/heads/main"), second);
      assert.equal(await bare.git("rev-parse", "refs/heads/secret"), first);
      assert.equal(
        await bare.git("for-each-ref", "--format=%(refname)"),
        "refs/heads/main\nrefs/heads/secret",
      );
    } finally {
      await bare.remove();
    }
  });
});

const noSshd = (await hasSshd()) ? false : "no sshd on this machine (Debian: openssh-server)";

it(
  "a machine let in through the gate syncs and hears announcements; its key opens nothing else",
  { skip: noSshd },
  async () => {
    const world = await createSshWorld();
    try {
      const cloud = await world.machine("cloud");
      const gated = await world.machine("local", "gated", `restrict,command="${GATE} ${world.bare.path}"`);
      const daemons = [world.run(cloud), world.run(gated)];
      const log = () => daemons.map((daemon) => daemon.output()).join("\n---\n");
      await waitFor(() => daemons.every((daemon) => daemon.output().includes("announce.up")), {
        what: "both to listen",
        describe: log,
      });
      const path = `Needs_Action/cloud-email/${fileOf(1)}`;
      await putNote(cloud, path, mailNote(1));
      await waitFor(async () => (await readNote(gated, path)) === mailNote(1), {
        what: "the note",
        describe: log,
      });
      const { server } = world;
      const keys = join(gated.state, "keys");
      const tried = spawnSync(
        "ssh",
        [
          "-F",
          "none",
          "-i",
          join(keys, "ssh_key"),
          "-o",
          `UserKnownHostsFile=${join(keys, "known_hosts")}`,
          "-o",
          "BatchMode=yes",
          "-p",
          String(server.port),
          server.address,
          "id",
        ],
        { encoding: "utf8" },
      );
      assert.match(tried.stderr, /nightdesk-gate: this key may only sync/);
      assert.equal(tried.stdout, "");
    } finally {
      await world.close();
    }
  },
);
