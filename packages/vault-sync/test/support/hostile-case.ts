import type { RawClient } from "./raw-git.ts";
import { fileOf } from "./notes.ts";

export const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
export const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;

export interface HostileCase {
  what: string;
  /** The commit to push, on the tip that was just pulled. `legal` is a path and text the cloud may write. */
  make(client: RawClient, tip: string, legal: Record<string, string>): Promise<string>;
  /** What the owner is told, among the rest. */
  told: RegExp;
  /** A tree nobody can read one way only is refused with all its commit holds. */
  isWhole?: boolean;
}

/** Waits for the owner in every world. */
export const WAITING = 1;

type Change = Parameters<RawClient["change"]>[0];

/** A commit of these paths and the legal one. */
export const paths =
  (make: (client: RawClient) => Promise<Change> | Change): HostileCase["make"] =>
  async (client, _tip, legal) =>
    client.commit(await client.change({ ...(await make(client)), ...legal }));

/** The same with entries at the top that git's own index would refuse. */
export const top =
  (mode: string, name: string | Buffer): HostileCase["make"] =>
  async (client, tip, legal) => {
    const good = await client.commit(await client.change(legal), [tip]);
    const oid = mode.endsWith("40000")
      ? await client.mktree([{ mode: "100644", name: "x.md", oid: await client.blob("x\n") }])
      : await client.blob("x\n");
    return client.commit(await withTop(client, good, [{ mode, name, oid }]), [tip]);
  };

/** A commit's tree with raw entries added at its top. */
export async function withTop(
  client: RawClient,
  commit: string,
  entries: { mode: string; name: string | Buffer; oid: string }[],
): Promise<string> {
  const lines = (await client.git(["ls-tree", "-z", commit])).split("\0").filter(Boolean);
  const there = lines.map((line) => {
    const [head = "", name = ""] = line.split("\t");
    const [mode = "", , oid = ""] = head.split(" ");
    return { mode: mode.replace(/^0/, ""), name, oid };
  });
  return client.rawTree([...there, ...entries]);
}

export const NAME = /its name could mean/;
export const NOT_SYNCED = /nothing of this name is synced/;
export const NOT_HERE = /may not put files here/;
export const note = (text: string) => paths(() => ({ "Updates/cloud/report.md": `${text}\n` }));
