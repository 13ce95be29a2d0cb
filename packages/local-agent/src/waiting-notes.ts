import { listTasks, NightdeskError, type Channel, type TaskName } from "@nightdesk/claim-lib";
import { pendingFolder, readActionNote, readFile } from "./notes.ts";
import type { Ports } from "./ports.ts";

/** What is known of a note that waits for the owner, without its text. */
export interface WaitingNote {
  path: string;
  channel: Channel;
  name: TaskName;
  sha256: string;
  /** Null when it can be read; else a sentence. */
  problem: string | null;
  risk: string;
  expiresMs: number | null;
  from: string;
  subject: string;
  isChecked: boolean;
  /** Judged urgent when it came in. */
  isUrgent: boolean;
  /** The line on top of the note, when there is one. */
  notice: string | null;
}

/** Lists the waiting notes; a note is read again only when its file changed. */
export function createWaitingNotes(
  ports: Pick<Ports, "files" | "channels" | "kinds">,
): () => Promise<WaitingNote[]> {
  let known = new Map<string, { version: string; note: WaitingNote }>();
  return async () => {
    const fresh: typeof known = new Map();
    for (const channel of ports.channels) {
      for (const { path, name } of await listTasks(ports.files, pendingFolder(channel))) {
        const stat = await ports.files.stat(path);
        if (!stat) continue;
        const version = `${stat.inode}:${stat.size}:${stat.mtimeMs}`;
        const before = known.get(path);
        const note = before?.version === version ? before.note : await summarise(ports, channel, path, name);
        if (note) fresh.set(path, { version, note });
      }
    }
    known = fresh;
    return [...fresh.values()].map(({ note }) => note);
  };
}

async function summarise(
  ports: Pick<Ports, "files" | "channels" | "kinds">,
  channel: Channel,
  path: string,
  name: TaskName,
): Promise<WaitingNote | null> {
  const base = {
    path,
    channel,
    name,
    sha256: "",
    risk: "unknown",
    expiresMs: null,
    from: name.who,
    subject: name.subject,
    isChecked: false,
    isUrgent: false,
    notice: null,
  };
  try {
    const found = await readFile(ports, path);
    if (!found) return null;
    const read = readActionNote(path.slice(path.lastIndexOf("/") + 1), found.text, ports);
    if (!read.ok) return { ...base, sha256: found.sha256, problem: read.sentence };
    const { fields } = read.note.note;
    return {
      ...base,
      sha256: found.sha256,
      problem: null,
      risk: fields.risk ?? "unknown",
      expiresMs: fields.expires === undefined ? null : Date.parse(fields.expires),
      from: fields.source_from ?? name.who,
      subject: fields.source_subject ?? name.subject,
      isChecked: fields.checked !== undefined,
      isUrgent: fields.category === "urgent",
      notice: fields.notice ?? null,
    };
  } catch (error) {
    if (!NightdeskError.is(error)) throw error;
    return { ...base, problem: error.message };
  }
}
