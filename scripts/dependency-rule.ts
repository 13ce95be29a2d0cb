import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** Which packages of ours each package's source may import (ARCHITECTURE.md, "Packages"). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "claim-lib": [],
  "daemon-kit": ["claim-lib"],
  testkit: ["claim-lib"],
  think: ["claim-lib"],
  "vault-sync": ["claim-lib", "daemon-kit"],
  "email-mcp": ["claim-lib", "daemon-kit"],
  "cloud-agent": ["claim-lib", "daemon-kit", "think"],
  "local-agent": ["claim-lib", "daemon-kit"],
  trials: ["claim-lib", "daemon-kit", "vault-sync", "think", "cloud-agent", "local-agent", "testkit"],
  cli: [
    "claim-lib",
    "daemon-kit",
    "vault-sync",
    "think",
    "email-mcp",
    "cloud-agent",
    "local-agent",
    "testkit",
    "trials",
  ],
};

/**
 * A part of a package that one other may import, and nothing else of it: the simulator runs the real effects of the
 * mail channel on a disk and a Gmail of its own, which no server in a process of its own can be given.
 */
const PARTS: Readonly<Record<string, readonly string[]>> = { trials: ["@nightdesk/email-mcp/live"] };

/** Provider SDKs and effects: only a channel's own package may hold them; git only vault-sync. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  googleapis: ["email-mcp"],
  nodemailer: ["email-mcp"],
  mailparser: ["email-mcp"],
  "simple-git": ["vault-sync"],
  emulate: ["testkit"],
};

const IMPORT = /(?:from|import)\s*\(?\s*["']([^"']+)["']/g;

/** Every import in the packages' source that the rule does not allow, one sentence each. */
export function checkDependencyRule(root = join(import.meta.dirname, "..")): string[] {
  const files = globSync("packages/*/src/**/*.ts", { cwd: root });
  return files.flatMap((file) => {
    const from = file.split(sep)[1] ?? "";
    const imports = [...readFileSync(join(root, file), "utf8").matchAll(IMPORT)].map(
      (match) => match[1] ?? "",
    );
    return imports.flatMap((name) => {
      const problem = violation(from, name);
      return problem ? [`${file}: ${problem}`] : [];
    });
  });
}

function violation(from: string, name: string): string | null {
  const ours = /^@nightdesk\/([a-z-]+)/.exec(name)?.[1];
  const isPart = PARTS[from]?.includes(name) === true;
  if (ours !== undefined && ours !== from && !isPart && !MAY_IMPORT[from]?.includes(ours)) {
    return `${from} may not import ${ours}`;
  }
  const outside = name.split("/")[0] ?? "";
  const owners = ONLY_IN[outside];
  if (owners && !owners.includes(from)) return `${outside} may be used by ${owners.join(", ")} only`;
  if (name === "pm2" || name.startsWith("pm2/")) return "pm2 is run, never imported (AGPL)";
  return null;
}
