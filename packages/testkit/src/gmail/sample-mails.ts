import { createHash } from "node:crypto";
import { createSeededRandom } from "../seeded-random.ts";
import { makeDeepThread } from "./deep-thread-mail.ts";
import { GMAIL_DEFAULTS } from "./gmail-defaults.ts";
import type { GmailControl, InjectedMail } from "./gmail-control.ts";
import { makeHostileMail } from "./hostile-mail.ts";
import {
  makeAttachmentMail,
  makeHtmlMail,
  makeLatinMail,
  makeNewsletter,
  makePlainMail,
  makeUndecodableMail,
  makeWindowsMail,
  type MailParts,
  type MailSeed,
  type PriorMail,
} from "./mail-templates.ts";

/** The kinds a working mailbox sees every day, in the order of the demo. */
export const DEMO_KINDS = [
  "plain",
  "html-only",
  "quoted-printable",
  "attachment",
  "deep-thread",
  "newsletter",
] as const;
/** With the rarer and the nasty ones. */
export const ALL_KINDS = [...DEMO_KINDS, "windows-1252", "undecodable", "hostile"] as const;
export type MailKind = (typeof ALL_KINDS)[number];

export interface SampleMail {
  kind: MailKind;
  raw: Buffer;
  /** The sender's bare address. */
  from: string;
  fromName: string;
  /** As a person reads it, decoded; of an undecodable one, as it stands. */
  subject: string;
  /** The Message-ID header, with its brackets. */
  messageId: string;
  /** False: a newsletter, which waits for no answer. */
  needsReply: boolean;
  /** Stands in the text if, and only if, it was decoded rightly; empty where it cannot be decoded. */
  fragment: string;
  attachments: { name: string; type: string; size: number; sha256: string }[];
  /** The Message-ID the thread began with, where there are earlier messages. */
  threadKey?: string;
  /** The thread's earlier messages, oldest first, some of them the owner's own. */
  prior?: PriorMail[];
}

export interface BuildMailsOptions {
  kinds?: readonly MailKind[];
  /** The address the mails are for. */
  owner?: string;
  /** What the first one's Date header says; each later one a second after. */
  startMs?: number;
}

const MAKERS: Readonly<Record<MailKind, (seed: MailSeed) => MailParts>> = {
  plain: makePlainMail,
  "html-only": makeHtmlMail,
  "quoted-printable": makeLatinMail,
  "windows-1252": makeWindowsMail,
  attachment: makeAttachmentMail,
  "deep-thread": makeDeepThread,
  newsletter: makeNewsletter,
  undecodable: makeUndecodableMail,
  hostile: makeHostileMail,
};

const FIRST_NAMES = [
  "Anna",
  "Jörg",
  "Mai",
  "Luca",
  "Nadia",
  "Tomás",
  "Greta",
  "Ibrahim",
  "Sofie",
  "Pavel",
  "Chloé",
  "Ravi",
];
const LAST_NAMES = [
  "Berg",
  "Müller",
  "Tran",
  "Rossi",
  "Haddad",
  "Vega",
  "Lind",
  "Kaya",
  "Jensen",
  "Novak",
  "Moreau",
  "Iyer",
  "Weiß",
];
const COMPANIES = ["kunde", "nordlicht", "tischlerei-holz", "bluebird", "harbour", "fontana", "atelier"];

/** Always the same mails for the same count, seed and options; no two alike in sender, subject or Message-ID. */
export function buildMails(count: number, seed = 1, options: BuildMailsOptions = {}): SampleMail[] {
  const { kinds = DEMO_KINDS, owner = GMAIL_DEFAULTS.address, startMs = Date.UTC(2026, 10, 21, 9) } = options;
  const random = createSeededRandom(seed);
  const shift = random.below(1000);
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length] ?? "plain";
    // 12 and 13 have no common divisor: 156 different people before one comes again.
    const first = FIRST_NAMES[(index + shift) % FIRST_NAMES.length] ?? "";
    const last = LAST_NAMES[(index + shift) % LAST_NAMES.length] ?? "";
    const domain = `${random.pick(COMPANIES)}.example`;
    const round = Math.floor(index / (FIRST_NAMES.length * LAST_NAMES.length));
    const mail: MailSeed = {
      owner,
      name: `${first} ${last}`,
      address: `${toAscii(first)}.${toAscii(last)}${round || ""}@${domain}`,
      domain,
      number: 2000 + index,
      unique: Buffer.from(random.bytes(8)).toString("hex"),
      atMs: startMs + index * 1000,
    };
    return finish(kind, mail, MAKERS[kind](mail));
  });
}

/** Brings a mail and what came before it in its thread into the mailbox; the ids are the last mail's. */
export async function injectMail(
  gmail: Pick<GmailControl, "inject">,
  mail: SampleMail,
): Promise<InjectedMail> {
  let threadId: string | undefined;
  for (const earlier of mail.prior ?? []) {
    // Read long ago: of the thread only the newest mail may look like one that has just come in.
    const placed = await gmail.inject(earlier.raw, {
      agoMs: earlier.agoMs,
      labels: earlier.fromOwner ? ["SENT"] : [],
      ...(threadId !== undefined && { threadId }),
    });
    threadId = placed.threadId;
  }
  return gmail.inject(mail.raw, threadId === undefined ? {} : { threadId });
}

function finish(kind: MailKind, seed: MailSeed, parts: MailParts): SampleMail {
  const { files = [], thread, ...rest } = parts;
  return {
    kind,
    from: seed.address,
    fromName: seed.name,
    messageId: `<${seed.unique}@${seed.domain}>`,
    needsReply: kind !== "newsletter",
    ...rest,
    attachments: files.map(({ name, type, bytes }) => ({
      name,
      type,
      size: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    })),
    ...(thread && { threadKey: thread.key, prior: thread.prior }),
  };
}

function toAscii(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replace(/[^a-z]/g, "");
}
