import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, nameOf, parseTaskName } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { z } from "zod";
import type { Case } from "./case.ts";
import type { Remains } from "./count-effects.ts";
import type { Site } from "./open-site.ts";

const sendRecord = z.object({
  action_type: z.literal("email_send"),
  target: z.string(),
  parameters: z.object({ ref: z.string() }),
});

/** Everything that is counted, read from outside: the provider, the folders, the records on the disk. */
export async function gatherRemains(
  site: Site,
  cases: readonly Case[],
  stop: Remains["stop"],
): Promise<Remains> {
  const { vault, state } = site.office.local;
  return {
    cases,
    stop,
    deliveries: await site.deliveries(),
    places: await findPlaces(vault),
    journal: await readJournal(join(state, "journal.jsonl")),
    audited: await readAudit(join(vault, FOLDERS.logs, "local")),
  };
}

async function findPlaces(vault: string): Promise<Map<string, string[]>> {
  const places = new Map<string, string[]>();
  for (const path of (await readdir(vault, { recursive: true })).sort()) {
    // A note put aside under a taken name is a second one.
    const id = parseTaskName(nameOf(path).replace(/ \(\d+\)\.md$/, ".md"))?.id;
    if (id === undefined || path.startsWith(`${FOLDERS.logs}/`)) continue;
    places.set(id, [...(places.get(id) ?? []), path]);
  }
  return places;
}

async function readJournal(path: string): Promise<Map<string, string>> {
  const last = new Map<string, string>();
  for (const { type, id } of await openAppendLog(path).readAll()) {
    if (typeof id === "string") last.set(id, String(type));
  }
  return last;
}

async function readAudit(folder: string): Promise<Map<string, string[]>> {
  const audited = new Map<string, string[]>();
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".jsonl"));
  for (const file of files) {
    const lines = (await readFile(join(folder, file), "utf8")).split("\n").filter((line) => line !== "");
    for (const line of lines) {
      const { success, data } = sendRecord.safeParse(JSON.parse(line));
      if (success) audited.set(data.target, [...(audited.get(data.target) ?? []), data.parameters.ref]);
    }
  }
  return audited;
}
