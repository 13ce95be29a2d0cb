/** One request as an observer sees it, before or after it was carried out. */
export interface RequestEvent {
  /** The same in the two events of one request. */
  requestId: number;
  /** `after`: the effect, if any, has happened; the caller has no answer yet. */
  phase: "before" | "after";
  method: string;
  /** Without the query. */
  path: string;
  query: string;
  atMs: number;
  /** Only after: what the caller will be answered. */
  status: number | null;
}

/** `drop` breaks the connection: before the effect, or in place of the answer. */
export type RequestDecision = "drop" | undefined;
/** What it returns, other than `drop`, is of no account. */
export type RequestListener = (event: RequestEvent) => unknown;

export interface RequestEvents {
  listen(listener: RequestListener): () => void;
  /** Waits for every listener; one that fails counts as having no objection, and its error is kept. */
  tell(event: RequestEvent): Promise<RequestDecision>;
  /** What listeners threw. */
  problems(): unknown[];
}

export function createRequestEvents(): RequestEvents {
  const listeners = new Set<RequestListener>();
  const problems: unknown[] = [];
  const ask = async (listener: RequestListener, event: RequestEvent) => {
    try {
      return await listener(event);
    } catch (error) {
      problems.push(error);
      return undefined;
    }
  };
  return {
    listen(listener) {
      // A function of its own, so that one listener given twice can be taken back once.
      const own: RequestListener = (event) => listener(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    async tell(event) {
      const answers = await Promise.all([...listeners].map((listener) => ask(listener, event)));
      return answers.includes("drop") ? "drop" : undefined;
    },
    problems: () => problems,
  };
}
