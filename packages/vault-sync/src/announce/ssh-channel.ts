import { spawn } from "node:child_process";
import { sshDestination } from "../git/ssh-connection.ts";
import type { SshTarget } from "../git/remote-url.ts";
import { sshArguments, type SshSettings } from "../git/ssh-options.ts";
import { announceCommand } from "./announce-command.ts";
import type { ChannelEnd, OpenChannel } from "./channel.ts";
import { createAnnouncementReader } from "./read-lines.ts";

export interface SshChannelOptions {
  settings: SshSettings;
  target: SshTarget;
  branch: string;
  env: Readonly<Record<string, string>>;
  /** How long the greeting may take. */
  greetingMs?: number;
}

/** A login over a slow line takes seconds; ssh itself gives up connecting after 15. */
const GREETING_MS = 30_000;
/** ssh's own word for "the connection failed"; every other end is the command's. */
const SSH_FAILED = 255;

/** One long-lived ssh process that says the branch's tip after each push. It goes over the kept connection. */
export function createSshChannel(options: SshChannelOptions): OpenChannel {
  const { settings, target, branch, env } = options;
  return (events) => {
    const command = announceCommand(target.path, branch);
    const child = spawn("ssh", ["-T", ...sshArguments(settings), ...sshDestination(target), command], {
      env,
      // Our end of its input stays open as long as this process lives; that is how the other end knows.
      stdio: ["pipe", "pipe", "ignore"],
    });
    let isOver = false;
    let isUp = false;
    const end = (why: ChannelEnd | null) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      child.stdin.destroy();
      child.kill("SIGTERM");
      if (why !== null) events.onEnd(why);
    };
    const timer = setTimeout(() => end("lost"), options.greetingMs ?? GREETING_MS);
    const read = createAnnouncementReader((said) => {
      if (isOver) return;
      if (said.kind === "tip") {
        if (isUp) events.onHint(said.tip);
      } else if (!isUp) {
        isUp = true;
        clearTimeout(timer);
        events.onUp();
      }
    });
    child.stdout.on("data", read);
    child.stdin.on("error", () => undefined);
    // No ssh program at all.
    child.on("error", () => end("refused"));
    child.on("close", (code) => end(isUp || code === null || code === SSH_FAILED ? "lost" : "refused"));
    return { close: () => end(null) };
  };
}
