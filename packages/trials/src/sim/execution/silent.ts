import type { Ports } from "@nightdesk/local-agent";

const nothing = () => undefined;

/** A log nobody reads. */
export const SILENT: Ports["log"] = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => SILENT,
};
