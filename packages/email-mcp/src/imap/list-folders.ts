import type { ListResponse } from "imapflow";
import type { ImapLink } from "./imap-link.ts";

/** What a folder is for, in the words Gmail has for it. */
export type FolderRole = "INBOX" | "SENT" | "DRAFT" | "SPAM" | "TRASH" | "OTHER";

export interface Folder {
  path: string;
  role: FolderRole;
}

const ROLES: Readonly<Record<string, FolderRole>> = {
  "\\Inbox": "INBOX",
  "\\Sent": "SENT",
  "\\Drafts": "DRAFT",
  "\\Junk": "SPAM",
  "\\Trash": "TRASH",
};

/** Every folder that can hold mails. A server that does not say what they are for is guessed by their names. */
export async function listFolders(link: ImapLink): Promise<Folder[]> {
  const listed = await link.run("the list of folders", (client) => client.list());
  return listed.filter(({ flags }) => !flags.has("\\Noselect") && !flags.has("\\NonExistent")).map(toFolder);
}

function toFolder({ path, specialUse }: ListResponse): Folder {
  if (path.toUpperCase() === "INBOX") return { path, role: "INBOX" };
  return { path, role: ROLES[specialUse ?? ""] ?? "OTHER" };
}
