import { join } from "node:path";
import type { Zone } from "./zone.ts";

interface Setting {
  name: string;
  /** Above the line, for a person who has never seen it. */
  about: string[];
  /** Stands there already; without it the line is left for the owner to fill in. */
  value?: string;
  /** Shown behind a `#`: need not be set, this is what holds then. */
  otherwise?: string;
}

interface Section {
  title: string;
  settings: Setting[];
}

/** The text of a new settings file. `home` is where vault and state are suggested. */
export function renderEnvTemplate(zone: Zone, home: string | null): string {
  const head = [
    zone === "cloud"
      ? "# Nightdesk: settings of the cloud machine, which reads mail and drafts. It can send nothing."
      : "# Nightdesk: settings of the laptop, which sends what you approved.",
    "# This file holds secrets. It stays on this machine and must be readable by you alone (chmod 600).",
    "# Fill in the lines that end with =. A line behind # shows what holds when you leave it so.",
    "# Afterwards: npm run nightdesk -- init --check",
  ];
  const sections = [
    places(zone, home),
    sync(),
    mail(zone),
    zone === "cloud" ? thinking() : sending(),
    other(),
  ];
  return `${head.join("\n")}\n${sections.map(renderSection).join("")}`;
}

function renderSection({ title, settings }: Section): string {
  const lines = settings.flatMap(({ name, about, value, otherwise }) => [
    "",
    ...about.map((line) => `# ${line}`),
    otherwise === undefined ? `${name}=${value ?? ""}` : `# ${name}=${otherwise}`,
  ]);
  return `\n# --- ${title} ---\n${lines.slice(1).join("\n")}\n`;
}

function places(zone: Zone, home: string | null): Section {
  const suggest = (name: string) => (home === null ? {} : { value: join(home, name) });
  return {
    title: "This machine",
    settings: [
      { name: "AGENT_TYPE", about: ["cloud or local"], value: zone },
      {
        name: "VAULT_PATH",
        about: [
          zone === "cloud" ? "The folder of notes" : "The folder of notes, the one you open in Obsidian",
        ],
        ...suggest("nightdesk-vault"),
      },
      {
        name: "STATE_PATH",
        about: ["Keys, the journal and the sync's own data. Outside the vault; never synced."],
        ...suggest(".nightdesk"),
      },
    ],
  };
}

function sync(): Section {
  return {
    title: "Sync between the two machines",
    settings: [
      {
        name: "GIT_REMOTE",
        about: [
          "The git repository both machines use. Best a bare one on the cloud machine itself:",
          "there its path, for instance /home/anna/vault.git, on the laptop ssh://anna@203.0.113.7/home/anna/vault.git",
        ],
      },
      { name: "GIT_BRANCH", about: ["The branch in it"], otherwise: "main" },
      { name: "VAULT_SYNC_INTERVAL", about: ["Seconds between two looks, at the longest"], otherwise: "30" },
    ],
  };
}

function mail(zone: Zone): Section {
  return {
    title: "Mail",
    settings: [
      {
        name: "GMAIL_CLIENT_ID",
        about: [
          "From the Google Cloud console: an OAuth client of type Desktop app, with the Gmail API switched on",
        ],
      },
      { name: "GMAIL_CLIENT_SECRET", about: ["Of the same client"] },
      {
        name: "GMAIL_REFRESH_TOKEN",
        about:
          zone === "cloud"
            ? ["Given for the scope gmail.readonly and no other: with more this machine refuses to start"]
            : ["Given for the scopes gmail.readonly and gmail.compose. Not the cloud's token."],
      },
      { name: "GMAIL_ADDRESS", about: ["Your mail address; checked against the login"] },
      {
        name: "EMAIL_PROVIDER",
        about: ["gmail, or imap for any other mailbox: then the settings below instead of those above"],
        otherwise: "gmail",
      },
      ...imapSettings(zone),
      { name: "CHANNELS", about: ["What is read, with commas between"], otherwise: "email" },
    ],
  };
}

function imapSettings(zone: Zone): Section["settings"] {
  const optional = (name: string, about: string) => ({ name, about: [about], otherwise: "" });
  return [
    optional("EMAIL_ADDRESS", "Only for imap: your mail address"),
    optional("EMAIL_ALIASES", "Other addresses that mail comes to, with commas between"),
    optional("IMAP_URL", "imaps://host, or imap://host for STARTTLS"),
    optional("IMAP_USER", "The login of this mailbox"),
    optional(
      "IMAP_PASSWORD",
      "Its password. It can do more than read, which Gmail's read-only permission cannot; give the cloud one of its own if your provider has such",
    ),
    ...(zone === "cloud"
      ? []
      : [
          optional("SMTP_URL", "smtps://host, or smtp://host for STARTTLS"),
          optional("SMTP_USER", "Where it is another than IMAP_USER"),
          optional("SMTP_PASSWORD", "Where it is another than IMAP_PASSWORD"),
        ]),
  ];
}

function thinking(): Section {
  return {
    title: "Drafting",
    settings: [
      { name: "OWNER_NAME", about: ["Stands under the drafts"], otherwise: "" },
      {
        name: "THINK_PROVIDER",
        about: [
          "rules: built in, needs no key. openai: any service with OpenAI's interface, Ollama on this machine too.",
        ],
        otherwise: "rules",
      },
      { name: "OPENAI_API_KEY", about: ["Only for openai"], otherwise: "" },
      { name: "OPENAI_BASE_URL", about: ["https, or this machine"], otherwise: "https://api.openai.com/v1" },
      { name: "OPENAI_MODEL", about: ["The model's name at that service"], otherwise: "gpt-4o-mini" },
    ],
  };
}

function sending(): Section {
  return {
    title: "Sending",
    settings: [
      { name: "MAX_EMAILS_PER_HOUR", about: ["More than this wait for the next hour"], otherwise: "10" },
      { name: "MAX_EMAILS_PER_DAY", about: ["More than this wait for the next day"], otherwise: "50" },
      {
        name: "UNDO_WINDOW_SECONDS",
        about: [
          "So long a note lies in Approved/ before it is sent; move it back within that time to stop it",
        ],
        otherwise: "5",
      },
      {
        name: "BULK_APPROVALS",
        about: ["More approvals than this within a minute wait, so that a folder can be dragged back"],
        otherwise: "10",
      },
      { name: "BULK_WAIT_SECONDS", about: ["So long they wait"], otherwise: "60" },
      {
        name: "SEND_LATE_MINUTES",
        about: ["A note with a time (send_at) that passed longer ago, as when the laptop slept, asks again"],
        otherwise: "60",
      },
      {
        name: "LOOK_UP_SECONDS",
        about: [
          "So long it is looked up whether a mail went out whose answer was lost, before you are asked to look",
        ],
        otherwise: "30",
      },
      {
        name: "QUIET_HOURS",
        about: ["No notification then, but for urgent ones, for instance 22:00-07:00"],
        otherwise: "",
      },
    ],
  };
}

function other(): Section {
  return {
    title: "Other",
    settings: [
      { name: "DEV_MODE", about: ["true rehearses everything and sends nothing"], otherwise: "false" },
      { name: "LOG_LEVEL", about: ["debug, info, warn, error or silent"], otherwise: "info" },
    ],
  };
}
