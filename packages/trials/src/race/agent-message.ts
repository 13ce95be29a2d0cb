/** What a contender tells the race. None of it is believed but the count of refused pushes, which nobody else sees. */
export type AgentMessage =
  | { type: "ready" }
  /** It sees no free task and waits for no confirmation. */
  | { type: "done" }
  | { type: "trouble"; message: string }
  | { type: "counts"; refusedPushes: number; pushes: number };
