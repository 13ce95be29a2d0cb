import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Random } from "@nightdesk/claim-lib";
import { readRawMail } from "@nightdesk/testkit";
import { openOffice, type Office } from "../../office/open-office.ts";
import { CUSTOMER, messageIdOf, type Reply } from "../../office/sample-reply.ts";
import { CALM, openBlindWorld } from "./blind-world.ts";
import { firstText } from "./case.ts";
import type { Delivery } from "./count-effects.ts";
import { AGENT_FAILPOINTS, SERVER_FAILPOINTS, type ProviderName, type Victim } from "./kill-plan.ts";
import { disarmAll } from "./strike.ts";
import { troubleBlind, troubleGmail, type Trouble } from "./trouble.ts";
import type { Program } from "../../office/program.ts";

/** One laptop with its mail server and the provider behind it. */
export interface Site {
  name: ProviderName;
  office: Office;
  programs: Readonly<Record<Victim, Program>>;
  trouble: Trouble;
  /** A mail has arrived, and its answer waits for the owner. */
  bring(number: number): Promise<Reply>;
  /** Every mail that went out, as the outside knows it. */
  deliveries(): Promise<Delivery[]>;
}

/** Every fourth answer has a subject of its own: Gmail then begins a new thread, and only a search finds it. */
const OTHER_SUBJECT_EVERY = 4;
const BLIND_SERVER = join(import.meta.dirname, "blind-server.ts");

/** Starts the laptop's two programs, with every failpoint ready to be armed. */
export async function openSite(name: ProviderName, folder: string, random: Random): Promise<Site> {
  await mkdir(folder, { recursive: true });
  const site = await (name === "gmail" ? openGmailSite(folder, random) : openBlindSite(folder, random));
  const { local } = site.office;
  const [agent, server] = [AGENT_FAILPOINTS[name], SERVER_FAILPOINTS[name]];
  disarmAll(local.state, [...agent, ...server]);
  try {
    await local.mailServer.start({ NIGHTDESK_FAILPOINT: server.join(",") });
    await local.worker.start({ NIGHTDESK_FAILPOINT: agent.join(",") });
  } catch (error) {
    await site.office.close();
    throw error;
  }
  return site;
}

/** As PM2 gives it to each daemon: a start costs half as much then. */
function cacheBeside(folder: string) {
  return { NODE_COMPILE_CACHE: join(dirname(folder), "compile-cache") };
}

function subjectsOf(name: ProviderName, number: number) {
  const subject = `Order ${name} ${number}`;
  const fields = number % OTHER_SUBJECT_EVERY === 0 ? { subject: `Delivery of ${name} ${number}` } : {};
  return { subject, fields };
}

async function openGmailSite(folder: string, random: Random): Promise<Site> {
  const office = await openOffice({ folder, local: cacheBeside(folder) });
  const ids = new Map<string, string>();
  return {
    name: "gmail",
    office,
    programs: { "local-agent": office.local.worker, "mail-server": office.local.mailServer },
    trouble: troubleGmail(office.gmail, random),
    async bring(number) {
      const { subject, fields } = subjectsOf("gmail", number);
      const reply = await office.bring({ subject, fields, text: firstText(subject) });
      ids.set(messageIdOf(subject), reply.id);
      return reply;
    },
    async deliveries() {
      return (await office.gmail.sentMessages()).map(({ raw, messageId, sentAtMs }) => {
        const { inReplyTo, text, to, cc, bcc } = readRawMail(raw);
        const id = ids.get(inReplyTo ?? "") ?? null;
        return { id, ref: messageId, body: text, to: [...to, ...cc, ...bcc], atMs: sentAtMs };
      });
    },
  };
}

async function openBlindSite(folder: string, random: Random): Promise<Site> {
  const outside = join(folder, "world");
  await mkdir(outside);
  const world = openBlindWorld(outside);
  await world.setMood(CALM);
  const office = await openOffice({
    folder,
    // What cannot be told shall be given up soon: 30 s for each is no trial of four minutes.
    local: { ...cacheBeside(folder), LOOK_UP_SECONDS: "1" },
    liveServer: { file: BLIND_SERVER, args: [outside] },
  });
  const ids = new Map<string, string>();
  return {
    name: "blind",
    office,
    programs: { "local-agent": office.local.worker, "mail-server": office.local.mailServer },
    trouble: troubleBlind(world, random),
    async bring(number) {
      const { subject, fields } = subjectsOf("blind", number);
      const mail = { messageId: `arrived-${number}`, threadId: `thread-${number}` };
      await world.arrive({
        message_id: mail.messageId,
        thread_id: mail.threadId,
        from: { name: "Anna Berg", address: CUSTOMER },
        subject,
        text: "Hi, can you deliver?",
        received_at: new Date().toISOString(),
      });
      const reply = await office.bring({ subject, fields, mail, text: firstText(subject) });
      ids.set(mail.messageId, reply.id);
      return reply;
    },
    async deliveries() {
      return (await world.delivered()).map(({ ref, args, at }) => {
        const id = ids.get(args.source_message_id) ?? null;
        return { id, ref, body: args.body, to: [...args.to, ...args.cc], atMs: at };
      });
    },
  };
}
