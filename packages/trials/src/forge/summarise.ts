import { GROUPS } from "./forgery.ts";
import type { ForgeResult, Outcome } from "./run-forge.ts";

export interface Summary {
  /** For people: the table, and what is not as promised. */
  lines: string[];
  /** The last line. */
  figures: {
    forgeries: number;
    executed: number;
    controlsExecuted: number;
    reasons: number;
    seconds: number;
  };
  isAsPromised: boolean;
}

/** What a run shows, and whether every promise was kept. */
export function summarise({ outcomes, executed, seconds }: ForgeResult): Summary {
  const faults = [
    ...executed.map((mail) => `A mail went out that nobody approved: ${mail}`),
    ...outcomes.flatMap(({ name, faults: found }) => found.map((fault) => `${name}: ${fault}`)),
  ];
  return {
    lines: [
      ...GROUPS.flatMap((group) => table(group, outcomes)),
      ...faults.map((fault) => `NOT AS PROMISED: ${fault}`),
    ],
    figures: {
      forgeries: outcomes.length,
      executed: executed.length,
      controlsExecuted: outcomes.filter(({ control }) => control === 1).length,
      reasons: new Set(outcomes.flatMap(({ reason }) => (reason === null ? [] : [reason]))).size,
      seconds,
    },
    isAsPromised: faults.length === 0 && outcomes.length > 0,
  };
}

const TITLES: Record<(typeof GROUPS)[number], string> = {
  cloud: "With the cloud's key, by plain git",
  laptop: "By another program in the laptop's vault",
  tools: "By a program that calls the live tools",
};

function table(group: (typeof GROUPS)[number], outcomes: readonly Outcome[]): string[] {
  const rows = outcomes.filter((outcome) => outcome.group === group);
  if (rows.length === 0) return [];
  return [
    "",
    `${TITLES[group]} (${rows.length})`,
    `${"forgery".padEnd(44)} ${"its twin".padEnd(9)} refused for`,
    ...rows.map(
      ({ name, control, reason }) =>
        `${name.padEnd(44)} ${(control === 1 ? "sent once" : `sent ${control}x`).padEnd(9)} ${reason ?? "NOT FOR ITS REASON"}`,
    ),
  ];
}
