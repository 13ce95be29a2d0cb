import { spawnSync } from "node:child_process";

/** Installs Debian packages where that is possible (apt-get, root). False where it is not, or when it failed. */
export function installDebian(names: readonly string[], say: (line: string) => void): boolean {
  const hasApt = spawnSync("which", ["apt-get"], { stdio: "ignore" }).status === 0;
  if (process.getuid?.() !== 0 || !hasApt) return false;
  say(`Installing from Debian: ${names.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const run = (args: string[]) =>
    spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env }).status === 0;
  return run(["update", "-q"]) && run(["install", "-qy", "--no-install-recommends", ...names]);
}
