import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Two machines on one: a network of their own each, and a cable between them. Linux, root. */
export interface LinkedNamespaces {
  /** Addresses of the two ends. */
  left: string;
  right: string;
  /** Put before a program to run it on that side. */
  launcher(side: "left" | "right"): readonly string[];
  /** Pulls the cable out, or puts it in again. */
  setLink(state: "up" | "down"): Promise<void>;
  /** `netem` of the kernel on the left end: `["delay", "200ms", "loss", "10%"]`; null takes it away. */
  setNetem(rules: readonly string[] | null): Promise<void>;
  remove(): Promise<void>;
}

const LEFT = "10.213.0.1";
const RIGHT = "10.213.0.2";

/** Why there can be no namespaces here, or null when there can. */
export async function whyNoNamespaces(): Promise<string | null> {
  if (process.platform !== "linux") return "not run: network namespaces are Linux's";
  const name = `ndprobe${process.pid}`;
  try {
    await run("ip", ["netns", "add", name]);
    await run("ip", ["netns", "del", name]);
    return null;
  } catch (error) {
    return `not run: no network namespace could be made here (root and iproute2 are needed): ${String(error).slice(0, 120)}`;
  }
}

/** Why packet loss cannot be made here, or null when it can: many kernels are built without netem. */
export async function whyNoNetem(): Promise<string | null> {
  const reason = await whyNoNamespaces();
  if (reason !== null) return reason;
  const link = await linkNamespaces("probe");
  try {
    await link.setNetem(["loss", "1%"]);
    return null;
  } catch (error) {
    return `not run: this machine cannot lose packets on purpose (tc netem): ${String((error as { stderr?: string }).stderr ?? error).slice(0, 120)}`;
  } finally {
    await link.remove();
  }
}

/** Makes them; `label` keeps two of one process apart. */
export async function linkNamespaces(label: string): Promise<LinkedNamespaces> {
  const base = `nd${process.pid}${label.slice(0, 5)}`;
  const [left, right] = [`${base}l`, `${base}r`];
  const inside = (side: string, ...args: string[]) => run("ip", ["-n", side, ...args]);
  await run("ip", ["netns", "add", left]);
  await run("ip", ["netns", "add", right]);
  // Made inside, so that no name and no address of this machine's own network is touched.
  await inside(left, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", right);
  for (const [side, address] of [
    [left, LEFT],
    [right, RIGHT],
  ] as const) {
    await inside(side, "addr", "add", `${address}/30`, "dev", "cable");
    await inside(side, "link", "set", "lo", "up");
    await inside(side, "link", "set", "cable", "up");
  }
  return {
    left: LEFT,
    right: RIGHT,
    launcher: (side) => ["ip", "netns", "exec", side === "left" ? left : right],
    setLink: async (state) => void (await inside(left, "link", "set", "cable", state)),
    async setNetem(rules) {
      const qdisc = ["netns", "exec", left, "tc", "qdisc"];
      if (rules === null) await run("ip", [...qdisc, "del", "dev", "cable", "root"]);
      else await run("ip", [...qdisc, "replace", "dev", "cable", "root", "netem", ...rules]);
    },
    async remove() {
      await run("ip", ["netns", "del", left]);
      await run("ip", ["netns", "del", right]);
    },
  };
}
