/** One thing the doctor looked at. `look`: the owner should; `broken`: a promise does not hold. */
export interface Check {
  name: string;
  state: "ok" | "look" | "broken";
  /** One sentence of what was found. */
  says: string;
  /** What to do about it. */
  todo?: string;
}

export const ok = (name: string, says: string): Check => ({ name, state: "ok", says });
export const look = (name: string, says: string, todo: string): Check => ({
  name,
  state: "look",
  says,
  todo,
});
export const broken = (name: string, says: string, todo: string): Check => ({
  name,
  state: "broken",
  says,
  todo,
});

/** `1 note`, `3 notes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
