import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { SecretScanner } from "./ports.ts";

/** A file could switch the rules off for itself with such a comment. */
const SWITCHES = /secretlint-(?:disable|enable)/gi;

/**
 * secretlint with its recommended rules. Loaded with the first text that is to be scanned: a daemon
 * that has nothing to publish does not pay for it.
 */
export function createSecretScanner(): SecretScanner {
  let loaded: ReturnType<typeof load> | undefined;
  return {
    async scan(path, text) {
      loaded ??= load();
      const { lintSource, creator } = await loaded;
      const result = await lintSource({
        source: { filePath: path, content: text.replace(SWITCHES, "secretlint"), contentType: "text" },
        options: {
          noPhysicFilePath: true,
          maskSecrets: true,
          config: {
            rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator, options: {} }],
          },
        },
      });
      return [
        ...new Set(
          result.messages.map((message) => message.ruleId.replace(/^@secretlint\/secretlint-rule-/, "")),
        ),
      ];
    },
  };
}

async function load() {
  await silenceProfiler();
  const [core, preset] = await Promise.all([
    import("@secretlint/core"),
    import("@secretlint/secretlint-rule-preset-recommend"),
  ]);
  return { lintSource: core.lintSource, creator: preset.creator };
}

/**
 * secretlint times each of its rules for each file and keeps every figure: 62 entries and 24 KB a text,
 * for ever [m]. Its switch lies in a package of its own, which is reached from where secretlint lies.
 */
async function silenceProfiler(): Promise<void> {
  const fromCore = createRequire(import.meta.resolve("@secretlint/core"));
  const file = pathToFileURL(fromCore.resolve("@secretlint/profiler")).href;
  const { secretLintProfiler } = (await import(file)) as {
    secretLintProfiler: { setEnabled(enabled: boolean): void };
  };
  secretLintProfiler.setEnabled(false);
}
