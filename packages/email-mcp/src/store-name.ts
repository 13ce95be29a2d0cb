import { sha256Hex } from "@nightdesk/claim-lib";

/** What an account's own files are called: no address in a file name. */
export function storeName(account: string): string {
  return `email-${sha256Hex(account.toLowerCase()).slice(0, 16)}`;
}
