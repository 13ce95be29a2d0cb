import { MAIL_SERVER_FAILPOINTS } from "@nightdesk/email-mcp/live";
import { FAILPOINTS, PARKING_FAILPOINTS } from "@nightdesk/local-agent";
import { BLIND_FAILPOINTS } from "./blind-effects.ts";

/** Gmail can tell what became of a mail; the other provider cannot. */
export const PROVIDERS = ["gmail", "blind"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** The laptop's two programs that carry out what was approved. */
export type Victim = "local-agent" | "mail-server";

export interface PlannedKill {
  /** Under this name it is counted. */
  name: string;
  victim: Victim;
  /** The victim ends itself there; null: it is killed at any time. */
  point: string | null;
  /** The other program is killed in the same moment. */
  withOther: boolean;
}

export const SERVER_FAILPOINTS: Readonly<Record<ProviderName, readonly string[]>> = {
  gmail: MAIL_SERVER_FAILPOINTS,
  blind: BLIND_FAILPOINTS,
};

/** Only where the provider cannot tell anything is ever put before the owner. */
export const AGENT_FAILPOINTS: Readonly<Record<ProviderName, readonly string[]>> = {
  gmail: FAILPOINTS,
  blind: [...FAILPOINTS, ...PARKING_FAILPOINTS],
};

/** Every fifth kill at a named place takes the other program along. */
const BOTH_EVERY = 5;

/** Which kills to make, evenly over every kind there is with this provider. */
export function planKills(provider: ProviderName, count: number): PlannedKill[] {
  const at = (victim: Victim) => (point: string) => ({
    name: `${provider}: ${victim} ${point}`,
    victim,
    point,
  });
  const anyTime = (name: string, victim: Victim, withOther: boolean) => ({
    name: `${provider}: ${name} at any time`,
    victim,
    point: null,
    withOther,
  });
  const agents = AGENT_FAILPOINTS[provider].map(at("local-agent"));
  const servers = [
    ...SERVER_FAILPOINTS[provider].map(at("mail-server")),
    anyTime("local-agent", "local-agent", false),
    anyTime("mail-server", "mail-server", false),
    anyTime("both", "local-agent", true),
  ];
  // In turn, so that a short run meets both programs.
  const inTurn = agents.flatMap((kind, n) => [kind, ...servers.slice(n, n + 1)]);
  // From both ends, so that a short run meets more of them.
  const kinds = provider === "gmail" ? inTurn : inTurn.toReversed();
  return Array.from({ length: count }, (_, n) => {
    const kind = kinds[n % kinds.length];
    return kind && { withOther: n % BOTH_EVERY === BOTH_EVERY - 1, ...kind };
  }).filter((kill) => kill !== undefined);
}
