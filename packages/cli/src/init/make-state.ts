import { errnoOf, writeDurably } from "@nightdesk/daemon-kit/durable-write";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmod, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../errors.ts";
import { toSshPublicKey } from "./ssh-public-key.ts";
import type { Zone } from "./zone.ts";

/**
 * Makes the state folder and its keys, private to this user. Keys that are there are kept: a new one
 * would make this machine a stranger to its own past commits and receipts. Returns what was made.
 */
export async function makeState(statePath: string, zone: Zone): Promise<string[]> {
  const keys = join(statePath, "keys");
  try {
    const made: string[] = [];
    for (const folder of [statePath, keys]) if (await makePrivateFolder(folder)) made.push(folder);
    made.push(
      ...(await makeKey(
        join(keys, "sync.pem"),
        join(keys, "sync.pem.pub"),
        (key) => `${toSshPublicKey(key, `nightdesk-${zone}`)}\n`,
      )),
    );
    // The cloud has none: it could forge the owner's approval with it.
    if (zone === "local")
      made.push(...(await makeKey(join(keys, "receipt.pem"), join(keys, "receipt.pub.pem"), toPem)));
    return made;
  } catch (error) {
    throw fail(
      "INIT_FAILED",
      `The state folder ${statePath} could not be made (${errnoOf(error)}); keys that were there are unchanged.`,
      {
        cause: error,
        data: { statePath },
      },
    );
  }
}

async function makePrivateFolder(folder: string): Promise<boolean> {
  const isNew = (await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined;
  if (((await stat(folder)).mode & 0o077) !== 0) await chmod(folder, 0o700);
  return isNew;
}

function toPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
}

/** Makes a private key unless there is one, and writes its public half when that is missing or another's. */
async function makeKey(
  file: string,
  publicFile: string,
  render: (key: KeyObject) => string,
): Promise<string[]> {
  const made: string[] = [];
  let pem = await readOrNull(file);
  if (pem === null) {
    pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    await writeDurably(file, pem);
    made.push(file);
  }
  const text = render(createPrivateKey(pem));
  if ((await readOrNull(publicFile)) !== text) {
    await writeDurably(publicFile, text);
    made.push(publicFile);
  }
  return made;
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}
