import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createBareRemote, GMAIL_DEFAULTS } from "@nightdesk/testkit";
import { makeState } from "../init/make-state.ts";
import { seedVault } from "../init/seed-vault.ts";
import { openGmailMailbox, type DemoMailbox } from "./demo-mailbox.ts";
import { createPostman } from "./deliver-mails.ts";
import { makePlaces, writeSettings, type DemoPlaces } from "./make-places.ts";
import { startObserver } from "./observer.ts";
import { createOwner } from "./owner.ts";
import type { DemoOptions } from "./parse-arguments.ts";
import type { Story } from "./story.ts";
import type { World } from "./world.ts";
import { createZone } from "./zone.ts";

export type WorldParts = World;

/** packages/cli/src/demo -> the project. */
const PROJECT_ROOT = resolve(import.meta.dirname, "../../../..");
/** Mail is looked for every second, so that the demo is not mostly waiting; a real cloud asks every 10 s. */
const MAIL_POLL_SECONDS = "1";
const MAILBOXES = { gmail: "a pretend mailbox", imap: "a mailbox on a real Dovecot and Postfix" } as const;
/** The default; more approvals than this within a minute wait, and the demo measures how fast they go out. */
const BULK_APPROVALS = 10;
/** Room over the number of mails, so that the cap of 10 an hour does not hold the demo up. */
const CAP_ROOM = 10;

/**
 * Builds the two machines, their remote and the mailbox. What has been made so far is put into `parts` at
 * once, so that a clean-up in the middle finds it.
 */
export async function openWorld(
  options: DemoOptions,
  story: Story,
  parts: Partial<WorldParts>,
  check: () => void,
): Promise<World> {
  parts.options = options;
  story.say(
    `Nightdesk's demo: two machines in one, ${options.mails} mails, ${MAILBOXES[options.provider]}, real processes, real git.`,
  );
  const places = (parts.places = await makePlaces(options.keep));
  const mailbox = (parts.mailbox = await openMailbox(options, story));
  const remote = (parts.remote = await createBareRemote({ path: places.remote }));
  // As `nightdesk init` does it: the cloud has no key that could sign an approval.
  for (const name of ["cloud", "local"] as const) {
    await makeState(places[name].state, name);
    await seedVault(places[name].vault, join(PROJECT_ROOT, "vault-template"));
  }
  await writeZoneSettings(places, mailbox, options.mails);
  const zones = (parts.zones = {
    cloud: createZone({ name: "cloud", places: places.cloud, projectRoot: PROJECT_ROOT }),
    local: createZone({ name: "local", places: places.local, projectRoot: PROJECT_ROOT }),
  });
  const observer = (parts.observer = await startObserver({
    vaults: { cloud: places.cloud.vault, local: places.local.vault },
    remote,
    mailbox,
  }));
  check();
  const postman = createPostman(mailbox, options.mails, Date.now() - options.mails * 1000);
  const owner = createOwner({ vault: places.local.vault, observer });
  story.say(`Their folders: ${places.root}`);
  if (options.mails > BULK_APPROVALS)
    story.say(
      `More than ${BULK_APPROVALS} approvals within a minute would wait a minute; for this show the limit is ${options.mails}`,
    );
  return {
    options,
    story,
    places,
    mailbox,
    remote,
    zones,
    observer,
    postman,
    owner,
    times: { laptopStartMs: 0, bothRunFromMs: 0 },
  };
}

async function openMailbox({ provider }: DemoOptions, story: Story): Promise<DemoMailbox> {
  if (provider === "gmail") return openGmailMailbox();
  const { installMailServers } = await import("@nightdesk/testkit/mail-servers");
  installMailServers((line) => story.say(line));
  const { openImapMailbox } = await import("./imap-mailbox.ts");
  return openImapMailbox(GMAIL_DEFAULTS.ownerName);
}

async function writeZoneSettings(places: DemoPlaces, mailbox: DemoMailbox, mails: number): Promise<void> {
  const common = {
    GIT_REMOTE: pathToFileURL(places.remote).href,
    GIT_BRANCH: "main",
    CHANNELS: "email",
    DEV_MODE: "false",
    LOG_LEVEL: "info",
  };
  const cap = String(mails + CAP_ROOM);
  await writeSettings(places.cloud.envFile, {
    AGENT_TYPE: "cloud",
    VAULT_PATH: places.cloud.vault,
    STATE_PATH: places.cloud.state,
    EMAIL_MCP_SOCKET: places.cloud.socket,
    ...common,
    ...mailbox.settings("cloud"),
    THINK_PROVIDER: "rules",
    OWNER_NAME: GMAIL_DEFAULTS.ownerName,
    MAIL_POLL_SECONDS,
  });
  await writeSettings(places.local.envFile, {
    AGENT_TYPE: "local",
    VAULT_PATH: places.local.vault,
    STATE_PATH: places.local.state,
    EMAIL_MCP_SOCKET: places.local.socket,
    ...common,
    ...mailbox.settings("local"),
    MAX_EMAILS_PER_HOUR: cap,
    MAX_EMAILS_PER_DAY: cap,
    BULK_APPROVALS: String(Math.max(BULK_APPROVALS, mails)),
  });
}
