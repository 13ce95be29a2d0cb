import { randomBytes } from "node:crypto";
import { chown, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The Maildir of an address; folders beside the inbox are below it with a dot before their name. */
export function maildirOf(folder: string, address: string, name = "INBOX"): string {
  const root = join(folder, "home", address, "Maildir");
  return name === "INBOX" ? root : join(root, `.${name}`);
}

/** Every mail in it, in the order of arrival. */
export async function readMaildir(path: string): Promise<Buffer[]> {
  return Promise.all((await listMaildir(path)).map((name) => readFile(join(path, name))));
}

async function listMaildir(path: string): Promise<string[]> {
  const names = await Promise.all(
    ["new", "cur"].map(async (part) =>
      (await readdir(join(path, part)).catch(() => [])).map((name) => join(part, name)),
    ),
  );
  // A Maildir name begins with the second and microsecond of its arrival.
  return names.flat().sort((a, b) => (a.slice(4) < b.slice(4) ? -1 : 1));
}

/** A mail in anybody's inbox. */
export interface Arrival {
  address: string;
  /** The name its server gave it, which no other has. */
  file: string;
  read(): Promise<Buffer>;
}

/** What lies in everybody's inbox. */
export async function listArrivals(home: string): Promise<Arrival[]> {
  const addresses = await readdir(home).catch(() => []);
  const lists = await Promise.all(
    addresses.map(async (address) => {
      const root = join(home, address, "Maildir");
      return (await listMaildir(root)).map((name) => ({
        address,
        // What stands behind the colon are its flags, which change.
        file: `${address}/${name.replace(/^(new|cur)\//, "").replace(/:.*$/, "")}`,
        read: () => readFile(join(root, name)),
      }));
    }),
  );
  return lists.flat();
}

/** Puts a mail there as another program on the server would: the file's time is when it came, `S` says it was read. */
export async function storeMail(path: string, raw: string | Buffer, receivedAtMs: number): Promise<void> {
  const { uid, gid } = await stat(join(path, "..")).catch(() => stat(join(path, "..", "..")));
  for (const folder of [path, ...["tmp", "new", "cur"].map((part) => join(path, part))]) {
    await mkdir(folder, { recursive: true });
    await chown(folder, uid, gid);
  }
  const seconds = Math.floor(receivedAtMs / 1000);
  const name = `${seconds}.M0P${process.pid}R${randomBytes(8).toString("hex")}.test`;
  const file = join(path, "tmp", name);
  await writeFile(file, raw);
  await chown(file, uid, gid);
  await utimes(file, seconds, seconds);
  await rename(file, join(path, "cur", `${name}:2,S`));
}
