export interface GitEnvironmentOptions {
  gitDir: string;
  /** The process's own environment; only what git and ssh need of it is passed on. */
  env: Readonly<Record<string, string | undefined>>;
}

/** What of our own environment git and ssh need. No GIT_* variable: any of them could change what git does. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "SSH_AUTH_SOCK",
  "USERPROFILE",
  "HOMEDRIVE",
  "HOMEPATH",
  "APPDATA",
  "LOCALAPPDATA",
  "PROGRAMDATA",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "PATHEXT",
  "COMSPEC",
];

/** Names of the variables we set that simple-git would otherwise guard against. */
export const GUARDED_VARIABLES = [
  "GIT_DIR",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_CONFIG_GLOBAL",
  "GIT_TERMINAL_PROMPT",
  "GIT_OPTIONAL_LOCKS",
];

/**
 * Git told exactly what to use: the directory by name, no configuration but the one we wrote into it,
 * no question to a terminal, answers in English (they are read by code).
 */
export function gitEnvironment(options: GitEnvironmentOptions): Record<string, string> {
  const passed = Object.entries(options.env).flatMap(([name, value]) =>
    value !== undefined && PASSED_ON.includes(name.toUpperCase()) ? [[name, value] as const] : [],
  );
  return {
    ...Object.fromEntries(passed),
    LC_ALL: "C",
    GIT_DIR: options.gitDir,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
  };
}
