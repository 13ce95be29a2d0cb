/** What the parts of the agent tell each other and the owner. Errors are sentences; null is well. */
export interface AgentHealth {
  /** `not yet` before the first look, so that nothing is claimed for a mailbox nobody has seen. */
  mailError: string | null;
  thinkError: string | null;
  /** STOP.md lies in the vault. */
  stopped: boolean;
  lastMailCheck: string | null;
  /** Mails taken in and tasks concluded since the start, by result. */
  taken: number;
  results: Map<string, number>;
  concluded(result: string): void;
}

export const NOT_LOOKED_YET = "The mailbox has not been looked at yet.";

export function createHealth(): AgentHealth {
  const results = new Map<string, number>();
  return {
    mailError: NOT_LOOKED_YET,
    thinkError: null,
    stopped: false,
    lastMailCheck: null,
    taken: 0,
    results,
    concluded: (result) => {
      results.set(result, (results.get(result) ?? 0) + 1);
    },
  };
}
