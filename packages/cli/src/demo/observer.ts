import { readHistory, readRawMail, type BareRemote, type HistoryChange } from "@nightdesk/testkit";
import { createWaitingRoom, type Until } from "./create-waiting-room.ts";
import { readNotes, type NoteFact } from "./read-note.ts";
import type { SentMail } from "./recount.ts";
import type { DemoMailbox } from "./demo-mailbox.ts";
import { watchMailbox } from "./watch-mailbox.ts";
import { watchVault, type Sighting, type ZoneName } from "./watch-vault.ts";

export interface ObserverPlaces {
  vaults: Readonly<Record<ZoneName, string>>;
  remote: BareRemote;
  mailbox: DemoMailbox;
}

/** Sees what happens from outside: two folders, the remote's history, the mailbox. It asks no daemon anything. */
export interface Observer {
  nowMs(): number;
  sightings(): readonly Sighting[];
  /** The files of a vault as they are now. */
  paths(zone: ZoneName): string[];
  notes(zone: ZoneName): Promise<NoteFact[]>;
  /** How many sent messages were seen so far. */
  sentCount(): number;
  /** Looks into the mailbox at once. */
  lookIntoMailbox(): Promise<void>;
  sent(): Promise<SentMail[]>;
  history(): Promise<HistoryChange[]>;
  /** Looks again whenever something was seen. */
  until: Until;
  /** Ends every wait with this error. */
  stop(reason: Error): void;
  close(): Promise<void>;
}

export async function startObserver(places: ObserverPlaces): Promise<Observer> {
  const nowMs = () => performance.now();
  const sightings: Sighting[] = [];
  const { until, ring, stop } = createWaitingRoom();
  const see = (sighting: Sighting) => {
    sightings.push(sighting);
    ring();
  };
  const watches = {
    cloud: watchVault("cloud", places.vaults.cloud, nowMs, see),
    local: watchVault("local", places.vaults.local, nowMs, see),
  };
  const mailbox = await watchMailbox(places.mailbox, nowMs, ring);
  return {
    nowMs,
    sightings: () => sightings,
    paths: (zone) => watches[zone].paths(),
    notes: (zone) => readNotes(places.vaults[zone], watches[zone].paths()),
    sentCount: () => mailbox.sentAtMs().size,
    lookIntoMailbox: mailbox.look,
    async sent() {
      const messages = await mailbox.readSent();
      return messages.map(({ messageId, threadId, raw }) => ({
        messageId,
        threadId,
        mail: readRawMail(raw),
        seenAtMs: mailbox.sentAtMs().get(messageId) ?? null,
      }));
    },
    history: () => readHistory(places.remote),
    until,
    stop,
    async close() {
      watches.cloud.close();
      watches.local.close();
      await mailbox.close();
    },
  };
}
