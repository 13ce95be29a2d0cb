import type { AgentState } from "@nightdesk/cloud-agent";

/** What a cloud agent remembers between two rounds, for as long as this object lives. */
export function createMemoryAgentState(): AgentState {
  const seen: string[] = [];
  const revised: string[] = [];
  let cursor: Awaited<ReturnType<AgentState["readCursor"]>> = null;
  return {
    readCursor: async () => cursor,
    writeCursor: async (next) => void (cursor = next),
    readSeen: async () => ({ ids: [...seen], lastAt: null }),
    addSeen: async (id) => void seen.push(id),
    readRevised: async () => [...revised],
    addRevised: async (file) => void revised.push(file),
  };
}
