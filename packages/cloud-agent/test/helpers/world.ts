import {
  auditSchema,
  FOLDERS,
  kindsOf,
  findActiveContent,
  parseNote,
  parseTaskName,
  renderNote,
  mayDo,
  type AuditRecord,
  type Published,
  type TaskNote,
} from "@nightdesk/claim-lib";
import { channel } from "@nightdesk/email-mcp/channel";
import {
  createFakeClock,
  createMemoryVaultFiles,
  createSeededRandom,
  type FakeClock,
  type MemoryVaultFiles,
} from "@nightdesk/testkit";
import { createRulesThinker, type Thinker } from "@nightdesk/think";
import { createCloudAgent, type CloudAgent } from "../../src/create-cloud-agent.ts";
import type { AgentState, CloudPorts, CloudSettings, MailCursor } from "../../src/ports.ts";
import { createFakeMailbox, type FakeMailbox } from "./fake-mailbox.ts";

export const kinds = kindsOf([channel]);

export const SETTINGS: CloudSettings = {
  kinds,
  needsAction: channel.needsAction,
  channel: channel.name,
  idPrefix: channel.idPrefix,
  ownerName: "Erika Muster",
  pollMs: 10_000,
  backlogDays: 7,
};

export interface World {
  clock: FakeClock;
  files: MemoryVaultFiles;
  mailbox: FakeMailbox;
  state: AgentState & {
    cursor: MailCursor | null;
    seen: { id: string; at: string }[];
    revised: string[];
  };
  /** What vault-sync has published; null: everything that lies there, at once. */
  published: Published | null;
  /** Before its first round. */
  isSynced: boolean;
  thinker: Thinker;
  ports: CloudPorts;
  /** A fresh process on the same disk. @param damage changes its ports, for crashes */
  start(damage?: (ports: CloudPorts) => CloudPorts, settings?: Partial<CloudSettings>): CloudAgent;
  /** Looks and works until nothing changes any more. */
  settle(agent: CloudAgent): Promise<void>;
  /** Paths of task notes. */
  tasks(folder?: string): string[];
  note(path: string): TaskNote;
  audit(): AuditRecord[];
  texts(folder: string): string[];
}

const silent = () => {};

export function createWorld(seed = 1): World {
  const clock = createFakeClock();
  const files = createMemoryVaultFiles({}, () => clock.now());
  const mailbox = createFakeMailbox(() => clock.now());
  const state: World["state"] = {
    cursor: null,
    seen: [],
    readCursor: async () => state.cursor,
    writeCursor: async (cursor) => void (state.cursor = cursor),
    readSeen: async () => ({
      ids: state.seen.map(({ id }) => id),
      lastAt:
        state.seen
          .map(({ at }) => at)
          .sort()
          .at(-1) ?? null,
    }),
    addSeen: async (id, at) => void state.seen.push({ id, at }),
    revised: [],
    readRevised: async () => [...state.revised],
    addRevised: async (file) => void state.revised.push(file),
  };
  const log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log };
  const world: World = {
    clock,
    files,
    mailbox,
    state,
    published: null,
    isSynced: true,
    thinker: createRulesThinker(),
    ports: {
      files,
      mail: mailbox.port,
      thinker: { think: (request) => world.thinker.think(request) },
      rules: createRulesThinker(),
      clock,
      random: createSeededRandom(seed),
      state,
      log,
      async readPublished() {
        if (!world.isSynced) return null;
        const paths = world.tasks(FOLDERS.inProgress).concat(world.tasks(FOLDERS.pending));
        return world.published ?? { tip: "0".repeat(40), at: new Date(clock.now()).toISOString(), paths };
      },
    },
    start: (damage = (ports) => ports, settings = {}) =>
      createCloudAgent(
        damage(world.ports),
        { ...SETTINGS, ...settings },
        { provider: "rules", wake: silent },
      ),
    async settle(agent) {
      for (let before = "", now = " "; before !== now; now = Object.keys(files.snapshot()).join("\n")) {
        before = now;
        await agent.readMail();
        await agent.workTasks();
        await agent.settled();
        await agent.workTasks();
      }
    },
    tasks: (folder = "") =>
      Object.keys(files.snapshot()).filter(
        (path) => path.startsWith(folder) && parseTaskName(path.slice(path.lastIndexOf("/") + 1)) !== null,
      ),
    note: (path) => parseNote(files.snapshot()[path] ?? "", kinds),
    audit: () =>
      world
        .texts(FOLDERS.logs)
        .flatMap((text) => text.trim().split("\n"))
        .map((line) => auditSchema.parse(JSON.parse(line))),
    texts: (folder) =>
      Object.entries(files.snapshot())
        .filter(([path]) => path.startsWith(`${folder}/`) || path === folder)
        .map(([, text]) => text),
  };
  return world;
}

/** What vault-sync on the laptop asks of everything the cloud writes. Returns what it would refuse. */
export function findRefusals(files: MemoryVaultFiles): string[] {
  return Object.entries(files.snapshot()).flatMap(([path, text]) => {
    if (!mayDo("cloud", "create", path)) return [`${path}: the cloud may not write here`];
    if (!path.endsWith(".md")) return [];
    if (findActiveContent(text).length > 0) return [`${path}: is not inert`];
    if (parseTaskName(path.slice(path.lastIndexOf("/") + 1)) === null) return [];
    return renderNote(parseNote(text, kinds), kinds) === text ? [] : [`${path}: does not read back the same`];
  });
}
