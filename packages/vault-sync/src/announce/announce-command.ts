import { GREETING } from "./read-lines.ts";

/**
 * What the server is asked to run. `tail -F` follows git's renaming of the ref's lock file (inotify on
 * Linux) and says the tip at the start and after each push: no hook to install, and no process a push.
 * - The folder is entered first: a repository that keeps its refs in another way has none of that name.
 * - HEAD, which stands still, is followed too: of a file that is not there yet (packed away, a new
 *   repository) alone, GNU tail would look every second or two instead of being told [m].
 * - `cat` ends with our end of the channel, however it ends, and takes `tail` along: a laptop that fell
 *   asleep must not leave one more of them behind each time.
 * deploy/nightdesk-gate compares the whole text with this one; a test holds the two together.
 * @param path and branch hold only characters that mean nothing to a shell (`sshTarget`, `parseRemote`)
 */
export function announceCommand(path: string, branch: string): string {
  return `sh -c 'cd -- ${path}/refs/heads && echo ${GREETING} && { tail -q -n +1 -F -- ${branch} ../../HEAD & cat >/dev/null; kill $!; }'`;
}
