import type { LiveDeps } from "@nightdesk/email-mcp/live";
import { createGmailSender } from "@nightdesk/email-mcp/live";
import { createSeededRandom } from "@nightdesk/testkit";
import { readSent } from "./checks.ts";
import { answerError, deliver, land, meetFault } from "./deliver.ts";
import { never } from "./never.ts";
import type { Draft, Sent } from "./outside.ts";
import type { ExecWorld } from "./world.ts";

type Link = Parameters<typeof createGmailSender>[0];
interface Query {
  id?: string;
  q?: string;
  requestBody?: { id?: string; message?: { raw?: string; threadId?: string } };
}

const NO_TRACE = { rootUrl: "", retry: false as const, timeout: 0, noProxy: [] };

/** The real sender of email-mcp over a Gmail in memory. What is not indexed yet is in no list and in no thread. */
export function createSimGmail(world: ExecWorld, isAlive: () => boolean): LiveDeps["sender"] {
  const api = {
    users: {
      drafts: whileAlive(drafts(world), isAlive),
      threads: whileAlive(threads(world), isAlive),
      messages: whileAlive(messages(world), isAlive),
    },
  };
  const clock = {
    now: () => world.nowMs,
    sleep: async (durationMs: number) => void (world.elapsedMs += durationMs),
  };
  const link = { ports: { clock, random: createSeededRandom(5) }, options: NO_TRACE };
  return createGmailSender({ ...link, api, ensureToken: async () => undefined } as unknown as Link);
}

/** A process that is gone asks for nothing and hears nothing. */
function whileAlive<T extends object>(api: T, isAlive: () => boolean): T {
  const wrap = (request: (query: Query) => Promise<unknown>) => async (query: Query) => {
    if (!isAlive()) return never();
    try {
      return await request(query);
    } finally {
      if (!isAlive()) await never();
    }
  };
  return Object.fromEntries(
    Object.entries(api).map(([name, request]: [string, (query: Query) => Promise<unknown>]) => [
      name,
      wrap(request),
    ]),
  ) as T;
}

function drafts(world: ExecWorld) {
  return {
    async create({ requestBody }: Query) {
      const { raw = "", threadId = "" } = requestBody?.message ?? {};
      const id = `draft-${world.outside.lastId + 1}`;
      const draft: Draft = { id, content: raw, threadId, ref: headerOf(raw, "Message-ID") };
      world.outside = { ...world.outside, lastId: world.outside.lastId + 1 };
      await meetFault(world, "create", () => land(world, { what: "create", draft, atMs: 0 }), draft);
      return { data: { id } };
    },
    async send({ requestBody }: Query) {
      const draft = world.outside.drafts.find(({ id }) => id === requestBody?.id);
      if (!draft) throw answerError(404, "notFound");
      const sent = await meetFault(world, "send", () => deliver(world, draft), draft);
      if (!sent) throw answerError(404, "notFound");
      return { data: { id: sent.id, threadId: sent.threadId, internalDate: String(sent.atMs) } };
    },
    async get({ id }: Query) {
      await meetFault(world, "look", () => null);
      const draft = world.outside.drafts.find((one) => one.id === id);
      if (!draft) throw answerError(404, "notFound");
      return { data: { id, message: { raw: draft.content } } };
    },
    async list({ q = "" }: Query) {
      await meetFault(world, "look", () => null);
      const found = world.outside.drafts.filter(
        (draft) => q === "" || `rfc822msgid:${bare(draft.ref)}` === q,
      );
      return { data: { drafts: found.map(({ id }) => ({ id, message: { id: `m-${id}` } })) } };
    },
    async delete({ id }: Query) {
      const draft = world.outside.drafts.find((one) => one.id === id);
      // Killed before it could write that down, nobody knows any more who took the draft away.
      if (draft) world.excuse(readSent(world, draft).n, "draft removed");
      world.change(`gmail delete ${id ?? ""}`, {
        drafts: world.outside.drafts.filter((draft) => draft.id !== id),
      });
      return { data: {} };
    },
  };
}

function threads(world: ExecWorld) {
  return {
    async get({ id }: Query) {
      await meetFault(world, "look", () => null);
      const inDrafts = world.outside.drafts.filter(({ threadId }) => threadId === id);
      return {
        data: {
          messages: [
            ...inDrafts.map((draft) => describe({ ...draft, id: `m-${draft.id}`, atMs: 0 }, "DRAFT")),
            ...indexed(world)
              .filter(({ threadId }) => threadId === id)
              .map((sent) => describe(sent, "SENT")),
          ],
        },
      };
    },
  };
}

function messages(world: ExecWorld) {
  return {
    async list({ q = "" }: Query) {
      await meetFault(world, "look", () => null);
      const after = Number(/^in:sent after:(\d+)$/.exec(q)?.[1] ?? Number.POSITIVE_INFINITY) * 1000;
      const found = indexed(world).filter(
        ({ ref, atMs }) => `rfc822msgid:${bare(ref)}` === q || atMs >= after,
      );
      return { data: { messages: found.map(({ id }) => ({ id })) } };
    },
    async get({ id }: Query) {
      await meetFault(world, "look", () => null);
      const sent = indexed(world).find((one) => one.id === id);
      if (!sent) throw answerError(404, "notFound");
      return { data: describe(sent, "SENT") };
    },
  };
}

function indexed(world: ExecWorld): Sent[] {
  return world.outside.sent.filter(({ visibleAtMs }) => visibleAtMs <= world.trueMs);
}

function describe(mail: Pick<Sent, "id" | "content" | "threadId" | "atMs">, label: string) {
  const headers = ["X-Nightdesk-Ref", "Message-ID"].map((name) => ({
    name,
    value: headerOf(mail.content, name),
  }));
  return {
    id: mail.id,
    threadId: mail.threadId,
    labelIds: [label],
    internalDate: String(mail.atMs),
    payload: { headers },
  };
}

function headerOf(raw: string, name: string): string {
  const text = Buffer.from(raw, "base64url").toString("utf8");
  return new RegExp(`^${name}:\\s*(\\S[^\r\n]*)`, "im").exec(text)?.[1] ?? "";
}

function bare(messageId: string): string {
  return messageId.slice(1, -1);
}
