import { randomBytes, randomInt } from "node:crypto";
import type { Random } from "@nightdesk/claim-lib";

/** 2^48 - 1 is the widest range `randomInt` takes. */
const RANGE = 2 ** 48 - 1;

/** The operating system's randomness. */
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => randomInt(RANGE) / RANGE,
};
