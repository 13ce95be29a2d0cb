import { lstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { nameOf, STOP_FILE, taskKey } from "@nightdesk/claim-lib";
import { broken, count, look, ok, type Check } from "./check.ts";
import type { Patient } from "./patient.ts";
import type { StateRecords } from "./read-state-records.ts";
import type { VaultScan } from "./scan-vault.ts";

const MAX_NAMED = 3;

function name(paths: readonly string[]): string {
  const shown = paths.slice(0, MAX_NAMED).map((path) => `"${path}"`);
  return paths.length > MAX_NAMED
    ? `${shown.join(", ")} and ${paths.length - MAX_NAMED} more`
    : shown.join(", ");
}

/** Nothing in the vault may lead out of it or make a program run git in it. */
export function checkLinks(scan: VaultScan): Check[] {
  const checks: Check[] = [];
  if (scan.links.length > 0)
    checks.push(
      broken(
        "vault",
        `Links lie in the vault: ${name(scan.links)}.`,
        "Remove them: a link can lead out of the vault. They are never synced.",
      ),
    );
  if (scan.repositories.length > 0)
    checks.push(
      broken(
        "vault",
        `A git repository lies in the vault: ${name(scan.repositories)}.`,
        "Move it elsewhere: two programs would undo each other's work.",
      ),
    );
  return checks.length > 0 ? checks : [ok("vault", `${count(scan.files, "file")}, no links among them.`)];
}

/** Plugins that can run code out of a note, or move notes by themselves, by Obsidian's id. */
const RISKY: Readonly<Record<string, string>> = {
  "templater-obsidian": "runs code that stands in a note",
  "obsidian-git": "commits and merges in the vault by itself",
  "auto-note-mover": "moves notes by itself, which here is a decision",
  "obsidian-auto-mover": "moves notes by itself, which here is a decision",
  "file-explorer-note-count-mover": "moves notes by itself, which here is a decision",
  "obsidian-shellcommands": "runs programs",
  "obsidian-execute-code": "runs code that stands in a note",
  "js-engine": "runs code that stands in a note",
  customjs: "runs code that lies in the vault",
  quickadd: "runs scripts and moves notes",
  "obsidian-meta-bind-plugin": "can run code that stands in a note",
  buttons: "can run code and move notes",
  cmdr: "runs commands by itself",
  "folder-note-core": "moves notes by itself, which here is a decision",
  "obsidian-linter": "rewrites notes by itself, which restarts the undo window",
  "obsidian-local-rest-api": "lets other programs move notes, which here is an approval",
  "remotely-save": "syncs the vault by another way as well; two syncs can bring old notes back",
};

const FOLDER = ".obsidian";

/** Plugins are the owner's choice; what they can do here is said. */
export async function checkPlugins({ vaultPath }: Patient): Promise<Check[]> {
  const enabled = await readJson(join(vaultPath, FOLDER, "community-plugins.json"));
  const ids = Array.isArray(enabled) ? enabled.filter((id) => typeof id === "string") : [];
  const found = ids.flatMap((id) => {
    const why = Object.hasOwn(RISKY, id) ? RISKY[id] : undefined;
    return why === undefined ? [] : [`${id} (${why})`];
  });
  if (ids.includes("dataview")) {
    const settings = await readJson(join(vaultPath, FOLDER, "plugins", "dataview", "data.json"));
    if (isOn(settings, "enableDataviewJs") || isOn(settings, "enableInlineDataviewJs"))
      found.push("dataview (its JavaScript queries are on: it runs code that stands in a note)");
  }
  if (found.length === 0)
    return [
      ok(
        "plugins",
        ids.length === 0
          ? "No community plugins."
          : `${count(ids.length, "community plugin")}, none known to run code or move notes.`,
      ),
    ];
  return [
    look(
      "plugins",
      `These community plugins can act on notes: ${found.join("; ")}.`,
      "Turn them off for this vault, or keep this vault apart from the one you use them in. What comes from outside is disarmed before it becomes a note.",
    ),
  ];
}

function isOn(settings: unknown, key: string): boolean {
  return (
    typeof settings === "object" &&
    settings !== null &&
    Object.entries(settings).some(([name, value]) => name === key && value === true)
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return null;
  }
}

/** An approved note is carried out within seconds of its window's end, unless something holds it. */
const SOON_MS = 2 * 60_000;

/** What was approved and is not done, with the reason as far as it is recorded. */
export function checkWaiting(
  patient: Patient,
  scan: VaultScan,
  records: StateRecords,
  isRunning: boolean,
): Check[] {
  const paths = [...scan.approved, ...scan.scheduled, ...scan.executing];
  if (paths.length === 0) return [ok("approved", "Nothing waits to be carried out.")];
  return paths.slice(0, 20).map((path) => {
    const held = records.held.get(taskKey(path) ?? "");
    const why = held ?? (isRunning ? null : "the program that carries it out is not running");
    const ageMs = patient.clock.now() - changedMs(join(patient.vaultPath, path));
    if (patient.zone === "cloud") return ok("approved", `"${nameOf(path)}" waits for the laptop.`);
    if (held !== undefined) return ok("approved", `"${nameOf(path)}" waits: ${held}`);
    if (why === null && ageMs < SOON_MS) return ok("approved", `"${nameOf(path)}" is being looked at.`);
    return look(
      "approved",
      `"${path}" waits, and ${why ?? "no reason is recorded"}.`,
      "Start the programs, or look at the note: what stands against it is written on top.",
    );
  });
}

function changedMs(file: string): number {
  try {
    return lstatSync(file).ctimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

export function checkAside(scan: VaultScan): Check[] {
  if (scan.aside.length === 0) return [ok("attention", "Nothing lies in Needs_Attention/.")];
  return [
    look(
      "attention",
      `${count(scan.aside.length, "note")} in Needs_Attention/: ${name(scan.aside.map(nameOf))}.`,
      "Beside each lies a note that says why (WHY ...). Nothing of them is sent by itself.",
    ),
  ];
}

export function checkStop(scan: VaultScan): Check[] {
  if (!scan.isStopped) return [ok("stop", "No STOP.md; approvals are carried out.")];
  return [
    look(
      "stop",
      `${STOP_FILE} lies in the vault: nothing is sent and nothing drafted.`,
      `Remove ${STOP_FILE} to go on.`,
    ),
  ];
}
