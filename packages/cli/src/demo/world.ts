import type { BareRemote } from "@nightdesk/testkit";
import type { DemoMailbox } from "./demo-mailbox.ts";
import type { Postman } from "./deliver-mails.ts";
import type { DemoPlaces } from "./make-places.ts";
import type { Observer } from "./observer.ts";
import type { Owner } from "./owner.ts";
import type { DemoOptions } from "./parse-arguments.ts";
import type { Story } from "./story.ts";
import type { ZoneName } from "./watch-vault.ts";
import type { Zone } from "./zone.ts";

/** Everything one run of the demo holds in its hands. */
export interface World {
  options: DemoOptions;
  story: Story;
  places: DemoPlaces;
  mailbox: DemoMailbox;
  remote: BareRemote;
  zones: Readonly<Record<ZoneName, Zone>>;
  observer: Observer;
  postman: Postman;
  owner: Owner;
  /** On the observer's clock; set as it happens. */
  times: { laptopStartMs: number; bothRunFromMs: number };
}

/** Adds to the JSON line, and what does not hold. */
export interface ScenarioResult {
  extra: Record<string, unknown>;
  problems: string[];
}
