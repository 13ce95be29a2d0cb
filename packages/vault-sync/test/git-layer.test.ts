import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { encodeCommit, parseCommit } from "../src/git/commit-codec.ts";
import { createCommitSigner, isSignedBy } from "../src/git/commit-signer.ts";
import { ensureGitDir } from "../src/git/git-dir.ts";
import { createGitRemote } from "../src/git/git-remote.ts";
import { createNodeObjectStore } from "../src/git/node-object-store.ts";
import { parseRemote } from "../src/git/remote-url.ts";
import { checkGitVersion, createRunGit } from "../src/git/run-git.ts";
import { readSshPublicKey } from "../src/git/sshsig.ts";
import { encodeTree, parseTree } from "../src/git/tree-codec.ts";

const root = mkdtempSync(join(tmpdir(), "vault-sync-git-"));
after(() => rmSync(root, { recursive: true, force: true }));

const hasSshKeygen = (() => {
  try {
    execFileSync("ssh-keygen", ["-?"], { stdio: "ignore" });
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ENOENT");
  }
})();

function newKeyPem(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

let counter = 0;
async function newReplica(bare: string) {
  counter += 1;
  const gitDir = join(root, `git-${counter}`);
  await ensureGitDir(gitDir, "file");
  const runGit = createRunGit({ gitDir, env: process.env });
  const store = createNodeObjectStore({ gitDir, env: process.env });
  after(() => store.close());
  const address = parseRemote(bare, "main");
  return { gitDir, runGit, store, remote: createGitRemote({ gitDir, address, runGit }) };
}

function newBare(): string {
  counter += 1;
  const bare = join(root, `remote-${counter}.git`);
  execFileSync("git", ["init", "-q", "--bare", bare]);
  return bare;
}

async function writeSignedCommit(
  store: Awaited<ReturnType<typeof newReplica>>["store"],
  text: string,
  parents: string[],
  pem: string,
) {
  const blob = await store.writeBlob(Buffer.from(text));
  const tree = await store.writeTree([{ mode: "100644", name: "note.md", oid: blob }]);
  const draft = {
    tree,
    parents,
    author: { name: "Nightdesk cloud", email: "cloud@nightdesk.invalid" },
    atMs: 1_700_000_000_000,
    message: `Note ${text}\n\nNightdesk-Agent: cloud`,
  };
  const signature = createCommitSigner(pem).sign(encodeCommit(draft));
  return store.writeCommit(encodeCommit(draft, signature));
}

const hasCode = (code: string) => (error: unknown) => NightdeskError.is(error, code);

describe("objects", () => {
  it("what is written in process reads back, and git itself finds nothing wrong with it", async () => {
    const { store, gitDir } = await newReplica(newBare());
    const commit = await writeSignedCommit(store, "hello\n", [], newKeyPem());
    const read = await store.readCommit(commit);
    assert.equal(read.message, "Note hello\n\n\nNightdesk-Agent: cloud\n");
    const [entry] = await store.readTree(read.tree);
    assert.equal(entry?.name, "note.md");
    assert.equal(Buffer.from(await store.readBlob(entry?.oid ?? "", 100)).toString(), "hello\n");
    assert.equal(await store.blobSize(entry?.oid ?? ""), 6);
    execFileSync("git", ["--git-dir", gitDir, "fsck", "--strict", "--no-dangling", commit], {
      stdio: "pipe",
    });
  });

  it("a blob over the limit is refused, and the next question is answered", async () => {
    const { store } = await newReplica(newBare());
    const large = await store.writeBlob(Buffer.alloc(300_000, "x"));
    const small = await store.writeBlob(Buffer.from("small"));
    await assert.rejects(store.readBlob(large, 1000), hasCode("OBJECT_TOO_LARGE"));
    assert.equal(Buffer.from(await store.readBlob(small, 1000)).toString(), "small");
    await assert.rejects(store.readBlob("0".repeat(40), 10), hasCode("OBJECT_MISSING"));
  });

  it("many objects asked for at once come back each to its own question", async () => {
    const { store } = await newReplica(newBare());
    const texts = Array.from({ length: 50 }, (_, i) => "y".repeat(i * 997));
    const oids = await Promise.all(texts.map((text) => store.writeBlob(Buffer.from(text))));
    const read = await Promise.all(oids.map((oid) => store.readBlob(oid, 100_000)));
    assert.deepEqual(
      read.map((bytes) => Buffer.from(bytes).toString()),
      texts,
    );
  });

  it("tree entries are sorted as git sorts them, a folder as if its name ended in a slash", () => {
    const oid = "1".repeat(40);
    const entries = [
      { mode: "40000", name: "a", oid },
      { mode: "100644", name: "a.md", oid },
      { mode: "100644", name: "a-b.md", oid },
    ];
    assert.deepEqual(
      parseTree(encodeTree(entries)).map((entry) => entry.name),
      ["a-b.md", "a.md", "a"],
    );
  });

  it("a damaged tree is refused whole", () => {
    const good = encodeTree([{ mode: "100644", name: "a.md", oid: "1".repeat(40) }]);
    assert.throws(() => parseTree(good.subarray(0, good.length - 1)), hasCode("OBJECT_MALFORMED"));
    assert.throws(() => parseTree(Buffer.concat([good, good])), hasCode("OBJECT_MALFORMED"));
  });
});

describe("signatures", () => {
  it("git verify-commit accepts our signature with the enrolled key and no other", async (t) => {
    if (!hasSshKeygen)
      return t.skip("ssh-keygen is not on this machine: not compared with OpenSSH's own check");
    const { store, gitDir } = await newReplica(newBare());
    const pem = newKeyPem();
    const commit = await writeSignedCommit(store, "signed\n", [], pem);
    const allowed = join(root, "allowed_signers");
    const verify = () =>
      execFileSync(
        "git",
        [
          "--git-dir",
          gitDir,
          "-c",
          "gpg.format=ssh",
          "-c",
          `gpg.ssh.allowedSignersFile=${allowed}`,
          "verify-commit",
          commit,
        ],
        { stdio: "pipe" },
      );
    writeFileSync(allowed, `cloud@nightdesk.invalid namespaces="git" ${createCommitSigner(pem).publicKey}\n`);
    verify();
    writeFileSync(
      allowed,
      `cloud@nightdesk.invalid namespaces="git" ${createCommitSigner(newKeyPem()).publicKey}\n`,
    );
    assert.throws(verify);
  });

  it("a commit signed by OpenSSH with git is verified in process", async (t) => {
    if (!hasSshKeygen)
      return t.skip("ssh-keygen is not on this machine: not compared with OpenSSH's own signing");
    const { store, gitDir } = await newReplica(newBare());
    const keyFile = join(root, "id_test");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", keyFile]);
    const tree = await store.writeTree([]);
    const oid = execFileSync(
      "git",
      [
        "--git-dir",
        gitDir,
        "-c",
        "gpg.format=ssh",
        "-c",
        `user.signingkey=${keyFile}`,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b",
        "commit-tree",
        "-S",
        "-m",
        "by git",
        tree,
      ],
      { encoding: "utf8" },
    ).trim();
    const publicLine = execFileSync("cat", [`${keyFile}.pub`], { encoding: "utf8" });
    const commit = await store.readCommit(oid);
    assert.equal(isSignedBy(commit, readSshPublicKey(publicLine)), true);
    assert.equal(createCommitSigner(newKeyPem()).isOwn(commit), false);
  });

  it("one changed byte, another namespace or a second signature header makes a commit nobody's", () => {
    const pem = newKeyPem();
    const signer = createCommitSigner(pem);
    const draft = {
      tree: "1".repeat(40),
      parents: [],
      author: { name: "A", email: "a@b" },
      atMs: 0,
      message: "text",
    };
    const signature = signer.sign(encodeCommit(draft));
    const bytes = Buffer.from(encodeCommit(draft, signature));
    assert.equal(signer.isOwn(parseCommit(bytes)), true);
    assert.equal(signer.isOwn(parseCommit(Buffer.from(bytes.toString().replace("text", "tent")))), false);
    const header = bytes.toString().match(/gpgsig [\s\S]*?-----END SSH SIGNATURE-----\n/)?.[0] ?? "";
    assert.notEqual(header, "");
    assert.equal(
      signer.isOwn(parseCommit(Buffer.from(bytes.toString().replace(header, header + header)))),
      false,
    );
  });
});

describe("remote", () => {
  it("push is a compare-and-swap: of two commits on one tip, the first is accepted, the second refused", async () => {
    const bare = newBare();
    const a = await newReplica(bare);
    const b = await newReplica(bare);
    assert.deepEqual(await a.remote.fetch(), { tip: null });
    assert.equal(await a.remote.cheapTip(), null);
    const pem = newKeyPem();
    const first = await writeSignedCommit(a.store, "1", [], pem);
    assert.equal(await a.remote.push(first), "accepted");
    assert.deepEqual(await b.remote.fetch(), { tip: first });
    const byA = await writeSignedCommit(a.store, "2a", [first], pem);
    const byB = await writeSignedCommit(b.store, "2b", [first], newKeyPem());
    assert.equal(await a.remote.push(byA), "accepted");
    assert.equal(await b.remote.push(byB), "refused");
    assert.deepEqual(await b.remote.fetch(), { tip: byA });
    assert.equal(await b.remote.cheapTip(), byA);
    assert.equal(
      Buffer.from((await b.store.readCommit(byA)).message)
        .toString()
        .startsWith("Note 2a"),
      true,
    );
  });

  it("a missing repository and a hook's refusal each get their own code", async () => {
    const missing = await newReplica(join(root, "nowhere.git"));
    await assert.rejects(missing.remote.cheapTip(), hasCode("REMOTE_UNKNOWN"));
    const bare = newBare();
    const a = await newReplica(bare);
    writeFileSync(join(bare, "hooks/pre-receive"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const commit = await writeSignedCommit(a.store, "1", [], newKeyPem());
    await assert.rejects(a.remote.push(commit), hasCode("REMOTE_REJECTED"));
    assert.equal(await a.remote.cheapTip(), null);
  });

  it("git of this machine is new enough", async () => {
    const { runGit } = await newReplica(newBare());
    assert.match(await checkGitVersion(runGit), /^git version \d/);
  });

  it("addresses and branches that could become options or programs are refused", () => {
    const bad = [
      "-oProxyCommand=x",
      "ext::sh -c x",
      "http://host/x.git",
      "host:-x",
      "ssh://-oProxyCommand=x/y",
      "https://u:p@h/x",
      "vault.git",
      "file://host/x\n",
    ];
    for (const url of bad) assert.throws(() => parseRemote(url, "main"), hasCode("REMOTE_MALFORMED"), url);
    for (const branch of ["-x", "a..b", "a b", "a.lock", "/a", "a/", "@{u}"]) {
      assert.throws(() => parseRemote("/srv/v.git", branch), hasCode("REMOTE_MALFORMED"), branch);
    }
    const good = {
      "/srv/vault.git": "file",
      "file:///srv/v.git": "file",
      "git@host.example:vault.git": "ssh",
      "ssh://git@h:2222/v.git": "ssh",
      "https://h/v.git": "https",
    };
    for (const [url, protocol] of Object.entries(good))
      assert.equal(parseRemote(url, "main").protocol, protocol, url);
  });
});
