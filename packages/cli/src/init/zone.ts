/** The two kinds of machine. */
const ZONES = ["cloud", "local"] as const;

export type Zone = (typeof ZONES)[number];

export function isZone(value: unknown): value is Zone {
  return ZONES.some((zone) => zone === value);
}
