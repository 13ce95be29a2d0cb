import { spawnSync } from "node:child_process";
import { installDebian } from "../packages/testkit/src/install-debian.ts";

/** Programs the tests use as an independent judge, and the Debian package each comes from. */
const NEEDED: readonly { program: string; debian: string; for: string }[] = [
  {
    program: "ssh-keygen",
    debian: "openssh-client",
    for: "checking our commit signatures with OpenSSH's own code",
  },
  {
    program: "sshd",
    debian: "openssh-server",
    for: "sync over a real ssh server, and the gate in front of it",
  },
  {
    program: "/usr/lib/dovecot/imap",
    debian: "dovecot-imapd",
    for: "the mail server over IMAP against a real Dovecot",
  },
  { program: "/usr/lib/dovecot/lmtp", debian: "dovecot-lmtpd", for: "delivery into that Dovecot" },
  { program: "/usr/sbin/postfix", debian: "postfix", for: "sending over SMTP through a real Postfix" },
  {
    program: "forkstat",
    debian: "forkstat",
    for: "counting the processes that start while nothing happens",
  },
];

/**
 * Installs what the tests need and the machine lacks, where that is possible (Debian, root). Otherwise
 * says in one line what will not be run; the tests that miss it say so themselves as well.
 */
export function installDebianPackages(): void {
  const missing = NEEDED.filter(({ program }) => !isThere(program));
  if (missing.length === 0) return;
  const names = missing.map(({ debian }) => debian);
  if (installDebian(names, (line) => process.stdout.write(`${line}\n`))) return;
  for (const { program, debian, for: purpose } of missing) {
    process.stdout.write(`Not run here: ${purpose} (${program} is missing; install ${debian}).\n`);
  }
}

function isThere(program: string): boolean {
  return spawnSync("which", [program], { stdio: "ignore" }).status === 0;
}
