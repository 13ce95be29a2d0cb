import { firstHeader, parseAddressList, parseHeaders } from "@nightdesk/email-mcp";
import { buildRawMail } from "./build-raw-mail.ts";
import type { MailLine } from "./mail-line.ts";

/** Enough for any mailbox's own addresses; what comes later in a longer file is not counted. */
const MAX_ADDRESSES = 50_000;

/** How often an address stands in To and Cc of all lines: the owner's stands there more often than any other. */
export type AddressCounts = Map<string, number>;

/** The bytes of a line's mail. */
export function rawOf(line: MailLine): Buffer {
  return line.raw === undefined ? buildRawMail(line) : Buffer.from(line.raw, "base64");
}

export function countAddresses(raw: Buffer, counts: AddressCounts): void {
  for (const address of recipientsOf(raw)) {
    if (counts.size < MAX_ADDRESSES || counts.has(address))
      counts.set(address, (counts.get(address) ?? 0) + 1);
  }
}

/**
 * Whose mailbox a mail lies in. A file of mails does not say it, and a mail only in copy is judged by it:
 * the address it was delivered to, else the one of its recipients that most mails of the file are for.
 */
export function guessOwner(raw: Buffer, counts: AddressCounts): string {
  const delivered = firstHeader(parseHeaders(raw).headers, "delivered-to");
  const [known] = delivered === null ? [] : parseAddressList(delivered).addresses;
  if (known && known.address !== "") return known.address.toLowerCase();
  return recipientsOf(raw).reduce(
    (best, address) => ((counts.get(address) ?? 0) > (counts.get(best) ?? 0) ? address : best),
    recipientsOf(raw)[0] ?? "",
  );
}

function recipientsOf(raw: Buffer): string[] {
  const { headers } = parseHeaders(raw);
  return ["to", "cc"].flatMap((name) =>
    (headers.get(name) ?? []).flatMap((value) =>
      parseAddressList(value).addresses.map(({ address }) => address.toLowerCase()),
    ),
  );
}
