import type { ImapLogin } from "./imap/imap-link.ts";

/** Names of this machine alone. */
const LOOPBACK_HOSTS = new Set(["127.0.0.1", "[::1]", "localhost"]);

export function isLoopbackHost(host: string): boolean {
  return LOOPBACK_HOSTS.has(host);
}

/** The ports that go with TLS from the first byte, and with STARTTLS (RFC 8314; RFC 6409 for submission). */
const PORTS = { imap: { tls: 993, starttls: 143 }, smtp: { tls: 465, starttls: 587 } } as const;

/**
 * `imaps://host[:port]` is TLS from the first byte, `imap://host[:port]` STARTTLS, which must succeed. Only with
 * `?tls=no` and a server on this very machine is a password told in the clear. Null for anything else.
 */
export function parseMailUrl(
  text: string,
  kind: "imap" | "smtp",
): Pick<ImapLogin, "host" | "port" | "security"> | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlain =
    url.hostname !== "" && url.username === "" && url.password === "" && /^\/?$/.test(url.pathname);
  if (!isPlain || ![`${kind}:`, `${kind}s:`].includes(url.protocol)) return null;
  const wantsTls = url.protocol === `${kind}s:`;
  const isOff = url.search === "?tls=no";
  if (url.search !== "" && (!isOff || wantsTls || !isLoopbackHost(url.hostname))) return null;
  const security = wantsTls ? "tls" : isOff ? "none" : "starttls";
  const port = url.port === "" ? PORTS[kind][wantsTls ? "tls" : "starttls"] : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port, security };
}
