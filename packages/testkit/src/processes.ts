import { readdir, readFile } from "node:fs/promises";

export interface ProcessRow {
  parent: number;
  state: string;
  command: string;
  /** True when the process carries the marker in its environment. */
  marked: boolean;
}

/** Every process of this machine by its number. Linux only (/proc); empty elsewhere. */
export async function readProcesses(marker?: string): Promise<Map<number, ProcessRow>> {
  const rows = new Map<number, ProcessRow>();
  const names = await readdir("/proc").catch(() => []);
  for (const name of names.filter((entry) => /^\d+$/.test(entry))) {
    const read = (file: string) => readFile(`/proc/${name}/${file}`, "utf8").catch(() => "");
    // The name in brackets may itself hold brackets and spaces, so the fields start after the last one.
    const stat = await read("stat");
    const [state = "", parent = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (parent === "") continue;
    const command =
      (await read("cmdline")).replaceAll("\0", " ").trim() || stat.slice(0, stat.lastIndexOf(")") + 1);
    const marked = marker !== undefined && (await read("environ")).split("\0").includes(marker);
    rows.set(Number(name), { parent: Number(parent), state, command, marked });
  }
  return rows;
}

/** True when `pid` hangs somewhere below `ancestor`. */
export function isDescendant(rows: ReadonlyMap<number, ProcessRow>, pid: number, ancestor: number): boolean {
  for (let at = rows.get(pid)?.parent; at !== undefined && at > 0; at = rows.get(at)?.parent) {
    if (at === ancestor) return true;
  }
  return false;
}

/** Everything that hangs below a process, the oldest first. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const rows = await readProcesses();
  return [...rows.keys()].filter((other) => isDescendant(rows, other, pid)).sort((a, b) => a - b);
}

/** A process that has ended by itself is no error. */
export function signalQuietly(pid: number, signal: "SIGKILL" | "SIGSTOP"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself in the meantime.
  }
}
