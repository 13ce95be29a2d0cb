import {
  PROVIDERS,
  type CallFault,
  type CallName,
  type PlannedFault,
  type ProviderKind,
  type RequestFault,
  type RequestName,
} from "./outside.ts";
import type { ExecEvent } from "./play.ts";

/** A small story of the owner's in which every crash is tried. */
export const STORIES: Readonly<Record<string, readonly ExecEvent[]>> = {
  approve: [{ atMs: 0, act: "approve", n: 1 }],
  edit: [
    { atMs: 0, act: "approve", n: 1 },
    { atMs: 3_000, act: "edit", n: 1 },
  ],
  "take-back": [
    { atMs: 0, act: "approve", n: 1 },
    { atMs: 4_000, act: "takeBack", n: 1 },
  ],
  stop: [
    { atMs: 0, act: "approve", n: 1 },
    { atMs: 4_000, act: "stop", n: 1 },
    { atMs: 30_000, act: "resume", n: 1 },
  ],
  "edit-after": [
    { atMs: 0, act: "approve", n: 1 },
    { atMs: 5_500, act: "editUnderWay", n: 1 },
  ],
  "give-back": [
    { atMs: 0, act: "approve", n: 1 },
    { atMs: 5_500, act: "giveBack", n: 1 },
  ],
  "approve-again": [
    { atMs: 0, act: "approve", n: 1 },
    { atMs: 200_000, act: "approve", n: 1 },
  ],
  "change-and-approve": [
    { atMs: 0, act: "approve", n: 1 },
    { atMs: 5_400, act: "editUnderWay", n: 1 },
    { atMs: 6_600, act: "approve", n: 1 },
    { atMs: 90_000, act: "approve", n: 1 },
  ],
  "drop-draft": [
    { atMs: 0, act: "approve", n: 1 },
    { atMs: 5_500, act: "dropDraft", n: 1 },
  ],
};

/** A provider, its lag, a story, and what goes wrong in it beside the crashes. */
export interface ExecScenario {
  name: string;
  kind: ProviderKind;
  lagMs: number;
  story: string;
  faults: readonly PlannedFault[];
}

const ALL_FAULTS: readonly RequestFault[] = [
  "429",
  "500",
  "500-after",
  "lost-request",
  "lost-answer",
  "late",
  "timeout",
  "slow",
];
const REQUESTS: Readonly<Record<RequestName, readonly RequestFault[]>> = {
  create: ALL_FAULTS,
  send: ALL_FAULTS,
  look: ["429", "500", "slow"],
};
const CALLS: readonly CallName[] = ["prepare", "commit", "find"];
const CALL_FAULTS: readonly CallFault[] = ["call-down", "call-lost", "answer-lost"];
/** The most changes one call of a server makes; after each of them it may die. */
const MAX_CHANGES = 3;

function faultsOf(kind: ProviderKind): { name: string; faults: PlannedFault[] }[] {
  const requests = (Object.keys(REQUESTS) as RequestName[])
    // Only a mail account keeps a draft with the provider before anything is sent.
    .filter((at) => at !== "create" || kind === "handle")
    .flatMap((at) => REQUESTS[at].map((fault) => ({ name: `${at}-${fault}`, faults: [{ at, fault }] })));
  const calls = CALLS.flatMap((at) =>
    CALL_FAULTS.map((fault) => ({ name: `${at}-${fault}`, faults: [{ at, fault }] })),
  );
  const deaths = (["prepare", "commit"] as const).flatMap((at) =>
    Array.from({ length: MAX_CHANGES }, (_, index) => ({
      name: `${at}-dies-${index + 1}`,
      faults: [{ at, fault: "server-dies" as const, after: index + 1 }],
    })),
  );
  return [{ name: "none", faults: [] }, ...requests, ...calls, ...deaths];
}

/** For random runs, where the order is chance. */
export const ALL_PLANNED_FAULTS: readonly PlannedFault[] = [
  ...faultsOf("handle").flatMap(({ faults }) => faults),
  { at: "send", fault: "denied" },
  ...CALL_FAULTS.map((fault): PlannedFault => ({ at: "discard", fault })),
];

const LAGS_MS = [0, 10_000];

/** Every story without a fault, and the plain one with every fault. */
export const EXEC_SCENARIOS: readonly ExecScenario[] = PROVIDERS.flatMap((kind) =>
  LAGS_MS.flatMap((lagMs) => {
    // What is unique in a database is found at once.
    if (kind === "idempotent" && lagMs > 0) return [];
    const at = (story: string, name: string, faults: readonly PlannedFault[]): ExecScenario => ({
      name: `${kind}.${lagMs / 1000}.${story}.${name}`,
      kind,
      lagMs,
      story,
      faults,
    });
    return [
      ...Object.keys(STORIES).map((story) => at(story, "none", [])),
      at("change-and-approve", "send-late", [{ at: "send", fault: "late" }]),
      at("approve-again", "send-lost-request", [{ at: "send", fault: "lost-request" }]),
      ...faultsOf(kind)
        .filter(({ name }) => name !== "none")
        .map(({ name, faults }) => at("approve", name, faults)),
    ];
  }),
);
