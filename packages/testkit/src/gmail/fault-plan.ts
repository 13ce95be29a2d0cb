import type { Random } from "@nightdesk/claim-lib";

/**
 * - `status`: answered with an error of Google's form; nothing happens;
 * - `reset-before`: the connection breaks and nothing happens;
 * - `lost-reply`: it happens, then the connection breaks in place of the answer;
 * - `delay`: it happens after `delayMs`;
 * - `stall`: no answer ever, and nothing happens;
 * - `stall-after`: it happens, and there is no answer ever;
 * - `index-lag`: lists in the answer lack every message sent or drafted here in the last `delayMs`.
 */
export type FaultKind =
  | "status"
  | "reset-before"
  | "lost-reply"
  | "delay"
  | "stall"
  | "stall-after"
  | "index-lag";

export interface FaultRule {
  match: { method?: string; path?: RegExp };
  kind: FaultKind;
  /** How many requests it hits; without it, every one. */
  times?: number;
  /** Lets this many matching requests pass first. */
  skip?: number;
  /** From 0 to 1: how likely it hits a matching request; 1 when left out. */
  probability?: number;
  /** Of kind `status`: 503 when left out. */
  status?: number;
  /** Sent as Retry-After. */
  retryAfterSeconds?: number;
  /** Of kinds `delay` and `index-lag`: 1000 when left out. */
  delayMs?: number;
}

export interface FaultReport {
  id: string;
  kind: FaultKind;
  hits: number;
  /** null: without end. */
  remaining: number | null;
}

export interface FaultControl {
  add(rule: FaultRule): Promise<string>;
  remove(id: string): Promise<void>;
  clear(): Promise<void>;
  list(): Promise<FaultReport[]>;
}

interface ActiveRule {
  id: string;
  rule: FaultRule;
  seen: number;
  hits: number;
}

export interface FaultPlan extends FaultControl {
  /** The fault this request meets, if any. Of several rules the oldest that hits is taken. */
  take(method: string, path: string): FaultRule | null;
}

export function createFaultPlan(random: Random): FaultPlan {
  let rules: ActiveRule[] = [];
  let lastId = 0;
  return {
    async add(rule) {
      const id = `fault-${(lastId += 1)}`;
      rules.push({ id, rule, seen: 0, hits: 0 });
      return id;
    },
    async remove(id) {
      rules = rules.filter((active) => active.id !== id);
    },
    async clear() {
      rules = [];
    },
    async list() {
      return rules.map(({ id, rule, hits }) => ({
        id,
        kind: rule.kind,
        hits,
        remaining: rule.times === undefined ? null : rule.times - hits,
      }));
    },
    take(method, path) {
      for (const active of rules) {
        if (!hits(active, method, path, random)) continue;
        active.hits += 1;
        return active.rule;
      }
      return null;
    },
  };
}

function hits(active: ActiveRule, method: string, path: string, random: Random): boolean {
  const { match, times, skip = 0, probability = 1 } = active.rule;
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path !== undefined && path.search(match.path) < 0) return false;
  if (times !== undefined && active.hits >= times) return false;
  active.seen += 1;
  return active.seen > skip && random.fraction() < probability;
}
