/**
 * The only form of an address taken anywhere: no quotes, comments, groups, routes or `%` relays, ASCII
 * alone. What a mail library could read as two addresses, or as another one, never gets that far.
 */
const LOCAL = /^[A-Za-z0-9!#$&'*+/=?^_{|}~-]+(?:\.[A-Za-z0-9!#$&'*+/=?^_{|}~-]+)*$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The address with its domain in small letters, or null when it is not exactly one plain address. */
export function parseAddrSpec(text: string): string | null {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > 254) return null;
  const local = text.slice(0, at);
  const domain = text.slice(at + 1).toLowerCase();
  const labels = domain.split(".");
  const isPlain =
    local.length <= 64 &&
    LOCAL.test(local) &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label)) &&
    // An all-digit ending is an IP address, not a domain.
    !/^\d+$/.test(labels.at(-1) ?? "");
  return isPlain ? `${local}@${domain}` : null;
}
