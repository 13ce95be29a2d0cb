// Any Node from 18 on starts here: install the locked packages once, then go on with Node 24.
// Why not devEngines, packageManager or corepack: each of the three refuses or fails on a bare
// machine (npm answers EBADDEVENGINES, corepack fails its signature check).
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PNPM = "pnpm@12.21.0";
const root = dirname(fileURLToPath(import.meta.url));
const stamp = join(root, "node_modules", ".nightdesk-installed");

function lockHash() {
  const hash = createHash("sha256");
  const manifests = readdirSync(join(root, "packages")).map((name) => join("packages", name, "package.json"));
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]) {
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

function install() {
  const wanted = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  process.stderr.write("Installing packages (once, about 20 seconds) ...\n");
  const run = spawnSync("npx", ["-y", PNPM, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (run.status !== 0) {
    process.stderr.write(
      "The packages could not be installed; nothing else was started.\n" +
        "Look at the lines above: most often the network or the npm registry was out of reach. Then run the command again.\n",
    );
    process.exit(run.status ?? 1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Node 24: the one that came with the packages on Linux, elsewhere the system's own. */
function findNode() {
  const packaged = join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  process.stderr.write(
    `Nightdesk needs Node 24 or newer here; this is ${process.version}. Nothing was started.\n` +
      "Install it from https://nodejs.org and run the command again.\n",
  );
  process.exit(1);
}

install();
const node = findNode();
const path = [dirname(node), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
const child = spawn(node, process.argv.slice(2), { stdio: "inherit", env: { ...process.env, PATH: path } });
// The terminal sends Ctrl-C to the child as well; this process waits so that the child can clean up.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
}
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
