import type { EffectRow, HandleStore } from "@nightdesk/email-mcp/live";
import { fail } from "../../errors.ts";
import type { ExecWorld } from "./world.ts";

/** The live server's records, each change one transaction that is durable when it returns. */
export function createSimHandleStore(world: ExecWorld, isAlive: () => boolean): HandleStore {
  const find = (nonce: string) => world.outside.rows[nonce] ?? null;
  const existing = (nonce: string): EffectRow => {
    const row = find(nonce);
    if (row) return row;
    throw fail("TRIAL_BROKEN", `nothing was begun for the receipt ${nonce}`);
  };
  const put = (call: string, row: EffectRow): EffectRow => {
    // A process that is gone writes nothing; whoever called it is gone as well, or is told nothing.
    if (!isAlive()) throw fail("TRIAL_BROKEN", "this server is gone");
    world.change(`store ${call}`, { rows: { ...world.outside.rows, [row.nonce]: row } });
    return row;
  };
  return {
    find,
    begin(row) {
      if (find(row.nonce)) return false;
      put("begin", { ...row, handle: null, digest: null, sent: null });
      return true;
    },
    bind(nonce, handle, digest) {
      const row = existing(nonce);
      return row.handle === null ? put("bind", { ...row, handle, digest }) : row;
    },
    markSent(nonce, sent) {
      const row = existing(nonce);
      return row.sent === null ? put("mark sent", { ...row, sent }) : row;
    },
    close: () => undefined,
  };
}
