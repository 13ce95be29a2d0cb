import { createPrivateKey, createPublicKey } from "node:crypto";
import { lstat, readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { describeError } from "@nightdesk/claim-lib";
import { createRunGit, parseRemote, SSH_KEY_FILE, sshTarget } from "@nightdesk/vault-sync";
import { broken, look, ok, type Check } from "./check.ts";
import type { Patient } from "./patient.ts";

const MAKE = "Make them with: npm run nightdesk -- init --check";

/** The private keys: there, readable, this user's alone, and none that belongs on the other machine. */
export async function checkKeys(patient: Patient): Promise<Check[]> {
  const folder = join(patient.statePath, "keys");
  const isLocal = patient.zone === "local";
  const checks: Check[] = [];
  const wanted: [file: string, publicFile: string][] = [["sync.pem", "sync.pem.pub"]];
  if (isLocal) wanted.push(["receipt.pem", "receipt.pub.pem"]);
  for (const [file] of wanted) {
    const problem = await findKeyProblem(join(folder, file));
    if (problem) checks.push(broken("keys", `keys/${file} ${problem}.`, MAKE));
  }
  if (isLocal && checks.length === 0 && !(await belongTogether(folder)))
    checks.push(
      broken(
        "keys",
        "keys/receipt.pub.pem is not the other half of keys/receipt.pem, so no approval would be accepted.",
        MAKE,
      ),
    );
  if (!isLocal && (await modeOf(join(folder, "receipt.pem"))) !== null)
    checks.push(
      broken(
        "keys",
        "The key that signs approvals lies on this cloud machine (keys/receipt.pem); only the laptop may hold it.",
        "Remove it here, and make a new one on the laptop with: npm run nightdesk -- init --check",
      ),
    );
  const sshMode = await modeOf(join(folder, SSH_KEY_FILE));
  if (isSsh(patient) && sshMode === null)
    checks.push(
      look("keys", "This machine has no ssh key of its own; your user's keys are used for the remote.", MAKE),
    );
  return checks.length > 0 ? checks : [ok("keys", "There, readable and private.")];
}

function isSsh({ settings }: Patient): boolean {
  try {
    return sshTarget(parseRemote(settings["GIT_REMOTE"] ?? "", "main")) !== null;
  } catch {
    return false;
  }
}

async function findKeyProblem(file: string): Promise<string | null> {
  const mode = await modeOf(file);
  if (mode === null) return "is missing";
  if ((mode & 0o077) !== 0) return "may be read by other users of this machine (chmod 600 it)";
  try {
    return createPrivateKey(await readFile(file)).asymmetricKeyType === "ed25519"
      ? null
      : "is no ed25519 key";
  } catch {
    return "cannot be read as a key";
  }
}

async function belongTogether(folder: string): Promise<boolean> {
  try {
    const own = createPublicKey(await readFile(join(folder, "receipt.pem")));
    return own.equals(createPublicKey(await readFile(join(folder, "receipt.pub.pem"))));
  } catch {
    return false;
  }
}

/** Permission bits; null when there is nothing. Windows has none, so everything is private there. */
async function modeOf(path: string): Promise<number | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return null;
  return process.platform === "win32" ? 0o700 : found.mode & 0o777;
}

/** The folders that hold keys, journal and sockets: private, and no links. */
export async function checkFolders({ statePath, vaultPath }: Patient): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of ["", "keys", "git", "handles", "mcp", "sync"]) {
    const found = await lstat(join(statePath, name)).catch(() => null);
    const shown = name === "" ? "The state folder" : `${name}/ in the state folder`;
    if (found === null) {
      if (name === "" || name === "keys") checks.push(broken("folders", `${shown} is missing.`, MAKE));
    } else if (!found.isDirectory()) {
      checks.push(broken("folders", `${shown} is no folder.`, "Put the real folder there."));
    } else if (process.platform !== "win32" && (found.mode & 0o077) !== 0 && name !== "sync") {
      checks.push(
        broken(
          "folders",
          `${shown} is open to other users of this machine.`,
          `Run: chmod 700 "${join(statePath, name)}"`,
        ),
      );
    }
  }
  if (!(await lstat(vaultPath).catch(() => null))?.isDirectory())
    checks.push(broken("folders", "The vault folder is missing or no folder.", "Is its disk connected?"));
  return checks.length > 0 ? checks : [ok("folders", "There, and the state folder is private.")];
}

const MB = 1024 * 1024;
/** A record or a note must always fit; a day's work is a few MB, a packed year 100. */
const LITTLE_BYTES = 1024 * MB;
const NO_BYTES = 64 * MB;
const LITTLE_FILES = 10_000;

/** Free space and free names where vault and state folder lie. */
export async function checkDisk({ statePath, vaultPath }: Patient): Promise<Check[]> {
  const checks: Check[] = [];
  let leastBytes = Number.POSITIVE_INFINITY;
  for (const [what, path] of [
    ["vault", vaultPath],
    ["state folder", statePath],
  ] as const) {
    const found = await statfs(path).catch(() => null);
    if (found === null) continue;
    const bytes = found.bavail * found.bsize;
    leastBytes = Math.min(leastBytes, bytes);
    const says = `${Math.floor(bytes / MB)} MB are free where the ${what} lies.`;
    if (bytes < NO_BYTES) checks.push(broken("disk", says, "Make room; nothing can be recorded or sent."));
    else if (bytes < LITTLE_BYTES) checks.push(look("disk", says, "Make room soon."));
    // Some file systems count no names and say 0 of 0.
    if (found.files > 0 && found.ffree < LITTLE_FILES)
      checks.push(look("disk", `Only ${found.ffree} more files fit where the ${what} lies.`, "Make room."));
  }
  return checks.length > 0 ? checks : [ok("disk", `${Math.floor(leastBytes / MB)} MB free.`)];
}

/** First fixed releases of CVE-2025-48384 (and with it those of 2024), by minor version of git 2. */
const FIXED: Readonly<Record<number, number>> = { 43: 7, 44: 4, 45: 4, 46: 4, 47: 3, 48: 2, 49: 1, 50: 1 };
const OLDEST_FIXED = 43;
const NEWEST_LISTED = 50;
const OLDEST_TESTED = 34;

export async function checkGit({ statePath, env }: Patient): Promise<Check[]> {
  let words: string;
  try {
    words = (await createRunGit({ gitDir: statePath, env })(["version"])).stdout.trim();
  } catch (error) {
    return [broken("git", describeError(error), "Install git (2.34 or newer).")];
  }
  const [, major = 0, minor = 0, patch = 0] = (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(words) ?? []).map(Number);
  if (major < 2 || (major === 2 && minor < OLDEST_TESTED))
    return [broken("git", `${words}: too old.`, `Install git 2.${OLDEST_TESTED} or newer.`)];
  const isFixed =
    major > 2 || minor > NEWEST_LISTED || (minor >= OLDEST_FIXED && patch >= (FIXED[minor] ?? 0));
  if (isFixed) return [ok("git", `${words}.`)];
  return [
    look(
      "git",
      `${words}: by its number older than the releases without CVE-2025-48384 (2.43.7 to 2.50.1). Nightdesk itself never checks out files or submodules with it.`,
      "Keep it up to date; your distribution may have put the fix into the old number.",
    ),
  ];
}
