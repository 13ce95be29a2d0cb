import { isAbsolute } from "node:path";
import { fail } from "../errors.ts";

/** How the remote is reached; git is allowed this one protocol and no other. */
export type Protocol = "file" | "ssh" | "https";

export interface RemoteAddress {
  url: string;
  protocol: Protocol;
  /** `refs/heads/main` */
  ref: string;
}

const NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*";
const HOST = `(?:${NAME}|\\[[0-9a-fA-F:]+\\])`;
const PATH = "[A-Za-z0-9_./~+@=,-]+";
const SSH_URL = new RegExp(`^ssh://(?:${NAME}@)?${HOST}(?::\\d{1,5})?/${PATH}$`);
const SCP_FORM = new RegExp(
  `^(?:${NAME}@)?${NAME}:(?!-)(?!/?/)${PATH}$|^(?:${NAME}@)?${NAME}:/(?!/)${PATH}$`,
);
const HTTPS_URL = new RegExp(`^https://${HOST}(?::\\d{1,5})?/${PATH}$`);

/**
 * Checks the owner's two settings, since they become arguments of a program. Throws REMOTE_MALFORMED.
 * `ext::`, `http://`, passwords in the address and anything that looks like an option are refused.
 */
export function parseRemote(url: string, branch: string): RemoteAddress {
  const protocol = protocolOf(url);
  if (!protocol) {
    throw fail(
      "REMOTE_MALFORMED",
      "GIT_REMOTE is not an address that can be used; nothing was started. " +
        "Use ssh://user@host/path/vault.git, user@host:path/vault.git, https://host/path.git or an absolute folder.",
    );
  }
  if (!isSafeBranch(branch)) {
    throw fail(
      "REMOTE_MALFORMED",
      `GIT_BRANCH "${branch}" is not a plain branch name such as main; nothing was started.`,
    );
  }
  return { url, protocol, ref: `refs/heads/${branch}` };
}

export interface SshTarget {
  /** `user@host`, or the host alone. */
  destination: string;
  port: number | null;
  /** As git names it to the server. Holds no character that means something to a shell but `~`. */
  path: string;
}

/** The parts of an address with the protocol `ssh`; null for any other. */
export function sshTarget({ url, protocol }: RemoteAddress): SshTarget | null {
  if (protocol !== "ssh") return null;
  const [, user = "", host = "", port, slashed = ""] =
    /^ssh:\/\/(?:([^@/]+)@)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?(\/.+)$/.exec(url) ??
    /^(?:([^@/:]+)@)?([^:/]+)()?:(.+)$/.exec(url) ??
    [];
  return {
    destination: `${user === "" ? "" : `${user}@`}${host.replace(/^\[|\]$/g, "")}`,
    port: port === undefined || port === "" ? null : Number(port),
    // `ssh://host/~anna/x` means anna's home.
    path: slashed.startsWith("/~") ? slashed.slice(1) : slashed,
  };
}

function protocolOf(url: string): Protocol | null {
  if (SSH_URL.test(url)) return "ssh";
  if (HTTPS_URL.test(url)) return "https";
  if (url.startsWith("file:///") && !/[\0\r\n]/.test(url)) return "file";
  // Windows drive letters look like the scp form, so a folder is looked for first.
  if (isAbsolute(url) && !/[\0\r\n]/.test(url)) return "file";
  return SCP_FORM.test(url) ? "ssh" : null;
}

function isSafeBranch(branch: string): boolean {
  return (
    /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(branch) &&
    !/\.\.|\/\/|\.lock(\/|$)|\.(\/|$)|\/\.|\/$|@\{/.test(branch)
  );
}
