// What PM2 runs on this machine. AGENT_TYPE (from the shell or from .env) decides:
//   AGENT_TYPE=cloud pm2 start ecosystem.config.cjs    watch and draft; nothing here can send
//   AGENT_TYPE=local pm2 start ecosystem.config.cjs    the owner's laptop: sends what was approved
const { existsSync, readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join, resolve } = require("node:path");

const EXAMPLE = "For example: AGENT_TYPE=cloud pm2 start ecosystem.config.cjs";

const DAEMONS = {
  cloud: [
    { name: "cloud-vault-sync", package: "vault-sync" },
    { name: "cloud-email-mcp", package: "email-mcp", args: ["--mode", "draft", "--transport", "socket"] },
    { name: "cloud-agent", package: "cloud-agent" },
  ],
  local: [
    { name: "local-vault-sync", package: "vault-sync" },
    { name: "local-email-mcp", package: "email-mcp", args: ["--mode", "live", "--transport", "socket"] },
    { name: "local-agent", package: "local-agent" },
  ],
};

/**
 * What a daemon may see of the starter's shell. PM2 would copy all of it into each process and into
 * its dump file, secrets included; settings come from the .env file, which each daemon reads itself.
 */
const PASSED_ON = [
  ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"],
  // git over ssh, desktop notifications, company networks
  ["SSH_AUTH_SOCK", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"],
  ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"],
  // Windows
  ["SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "USERNAME"],
  ["APPDATA", "LOCALAPPDATA", "HOMEDRIVE", "HOMEPATH", "ProgramData", "ProgramFiles"],
].flat();

function readSettings(envFile) {
  if (!existsSync(envFile)) return {};
  let dotenv;
  try {
    dotenv = createRequire(join(__dirname, "packages/daemon-kit/package.json"))("dotenv");
  } catch {
    throw new Error(
      "The packages are not installed yet; nothing was started. Run: npm run nightdesk -- help",
    );
  }
  return dotenv.parse(readFileSync(envFile));
}

function chooseType(settings) {
  const type = process.env.AGENT_TYPE || settings.AGENT_TYPE;
  if (type === "cloud" || type === "local") return type;
  throw new Error(
    `AGENT_TYPE ${type ? "must be cloud or local" : "is missing"}; nothing was started. ${EXAMPLE}`,
  );
}

/** Node 24: the one that came with the packages on Linux, elsewhere the one that runs this. Same rule as bootstrap.mjs. */
function findNode() {
  const packaged = join(__dirname, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  throw new Error(
    `Nightdesk needs Node 24 or newer; this is ${process.version}. Nothing was started. Install it from https://nodejs.org`,
  );
}

const envFile = resolve(process.env.NIGHTDESK_ENV_FILE || join(__dirname, ".env"));
const settings = readSettings(envFile);
const type = chooseType(settings);
const interpreter = findNode();

const env = Object.fromEntries(
  PASSED_ON.filter((name) => process.env[name]).map((name) => [name, process.env[name]]),
);
Object.assign(env, {
  PATH: [dirname(interpreter), process.env.PATH].join(process.platform === "win32" ? ";" : ":"),
  AGENT_TYPE: type,
  // Empty: everything comes from the shell, of which little is passed on; the daemon then says what is missing.
  NIGHTDESK_ENV_FILE: existsSync(envFile) ? envFile : "",
  // glibc keeps what was freed, once for each thread: with 100,000 notes 30 MB of 90 (measured). Other systems ignore these.
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "65536",
  // A private folder: whoever can write a compile cache can run code in the daemons.
  NODE_COMPILE_CACHE: join(settings.STATE_PATH || join(__dirname, "node_modules", ".cache"), "compile-cache"),
});

module.exports = {
  apps: DAEMONS[type].map(({ name, package: folder, args = [] }) => ({
    name,
    namespace: `nightdesk-${type}`,
    script: join(__dirname, "packages", folder, "src/main.ts"),
    args,
    cwd: __dirname,
    interpreter,
    // A young generation of 1 MB halves what an idle daemon holds; an old one that grows by a fifth at a time is
    // collected instead of grown; with gc at hand vault-sync gives back what a start in a large vault needed (all
    // three measured). None of them is a limit: a large job still gets the memory it needs.
    node_args: [
      "--max-semi-space-size=1",
      "--heap-growing-percent=20",
      "--expose-gc",
      "--disable-warning=ExperimentalWarning",
    ],
    env,
    // An empty text is part of every name, so this drops the whole shell. `true` is documented, but does nothing.
    filter_env: [""],
    // PM2's own probes cost 20 MB per daemon; the daemons report their figures themselves.
    pmx: false,
    vizion: false,
    automation: false,
    disable_source_map_support: true,
    wait_ready: true,
    listen_timeout: 30_000,
    // Time to finish a mail that is being sent. A kill is safe, only less tidy.
    kill_timeout: 15_000,
    shutdown_with_message: process.platform === "win32",
    autorestart: true,
    // Wrong settings (exit 78, EX_CONFIG) do not get better by starting again.
    stop_exit_codes: [78],
    exp_backoff_restart_delay: 200,
    // Two to three times what each needs; beyond that something leaks.
    max_memory_restart: "300M",
    merge_logs: true,
  })),
};
