import { CLOUD_NOTES } from "./cloud-notes.ts";
import { CLOUD_PUSHES } from "./cloud-pushes.ts";
import { CLOUD_REVISIONS } from "./cloud-revisions.ts";
import type { Forgery } from "./forgery.ts";
import { LAPTOP_EDITS } from "./laptop-edits.ts";
import { LAPTOP_PROGRAMS } from "./laptop-programs.ts";
import { TOOL_CALLS } from "./tool-calls.ts";
import { TOOL_REPLAYS } from "./tool-replays.ts";

/** Every forgery; the flood last, since nothing more comes in after it. */
export const FORGERIES: readonly Forgery[] = [
  ...LAPTOP_PROGRAMS,
  ...LAPTOP_EDITS,
  ...TOOL_CALLS,
  ...TOOL_REPLAYS,
  ...CLOUD_PUSHES,
  ...CLOUD_NOTES,
  ...CLOUD_REVISIONS,
];
