import { hashObject } from "@nightdesk/vault-sync";

/** What really happened, as those who did it know it. Never changed in place: snapshots hold it. */
export interface Truth {
  /** Tasks whose arrival was acknowledged. */
  tasks: ReadonlySet<string>;
  /** Every text anybody began to write, by its name in git. */
  written: ReadonlySet<string>;
  /** Acknowledged texts nobody has knowingly replaced, with where they were put. */
  standing: ReadonlyMap<string, string>;
  /** Beginnings of texts saved in place: a cut may leave those. */
  savedInPlace: readonly string[];
  /** The owner's present yes, task -> text it was said to. */
  approved: ReadonlyMap<string, string>;
  /** Tasks the owner ever said yes to. */
  everApproved: ReadonlySet<string>;
  /** Task -> how often it was carried out. */
  effects: ReadonlyMap<string, number>;
  /** `path oid` of what a thief put where the cloud may not. */
  forbidden: ReadonlySet<string>;
  /** Texts a thief put where the cloud may write: they may stand. */
  thiefTexts: ReadonlySet<string>;
}

export const NO_TRUTH: Truth = {
  tasks: new Set(),
  written: new Set(),
  standing: new Map(),
  savedInPlace: [],
  approved: new Map(),
  everApproved: new Set(),
  effects: new Map(),
  forbidden: new Set(),
  thiefTexts: new Set(),
};

export function oidOf(text: string): string {
  let oid = oids.get(text);
  if (oid === undefined) {
    oid = hashObject("blob", Buffer.from(text, "utf8"));
    oids.set(text, oid);
  }
  return oid;
}

const oids = new Map<string, string>();

export function withItem<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  return set.has(item) ? set : new Set(set).add(item);
}

export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V | undefined): ReadonlyMap<K, V> {
  const next = new Map(map);
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next;
}

/** Two truths with the same digest let the same things happen. */
export function digestTruth(truth: Truth): string {
  const parts = [
    [...truth.tasks].sort(),
    [...truth.standing].map(([oid, path]) => oid + path).sort(),
    [...truth.approved].map((pair) => pair.join(" ")).sort(),
    [...truth.effects].map((pair) => pair.join(" ")).sort(),
    [...truth.forbidden].sort(),
    [...truth.everApproved].sort(),
    [...truth.written].sort(),
  ];
  return parts.map((part) => part.join(",")).join(";");
}
