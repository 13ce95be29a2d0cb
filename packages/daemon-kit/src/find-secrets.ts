import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export interface FoundSecret {
  /** secretlint's short name of the rule: "github", "privatekey". */
  rule: string;
  /** From `start` up to, but not including, `end`, in UTF-16 units of the text. */
  start: number;
  end: number;
}

/** A text could switch the rules off for itself with such a comment. The length stays, so that places are right. */
const SWITCHES = /secretlint-(?=disable|enable)/gi;

/**
 * secretlint 13.0.7 passes over private keys that are short (an ed25519 key is 119 bytes: the very kind this
 * project makes), of the EC form, encrypted, or cut before their end [m].
 */
const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]{40,16384}?-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\]{40,16384})/g;

let loaded: ReturnType<typeof load> | undefined;

/**
 * Looks for passwords, keys and tokens with secretlint's recommended rules and one of ours. Loaded with the first text: a
 * daemon that has none to look at does not pay for it.
 * @param path a name for the text; some rules look at its ending
 */
export async function findSecrets(path: string, text: string): Promise<FoundSecret[]> {
  loaded ??= load();
  const { lintSource, creator } = await loaded;
  const result = await lintSource({
    source: { filePath: path, content: text.replace(SWITCHES, "secretlint_"), contentType: "text" },
    options: {
      noPhysicFilePath: true,
      maskSecrets: true,
      config: {
        rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator, options: {} }],
      },
    },
  });
  const found = result.messages.map(({ ruleId, range: [start, end] }) => ({
    rule: ruleId.replace(/^@secretlint\/secretlint-rule-/, ""),
    start,
    end,
  }));
  const keys = [...text.matchAll(PRIVATE_KEY)].map(({ 0: key, index }) => ({
    rule: "privatekey",
    start: index,
    end: index + key.length,
  }));
  return [...found, ...keys];
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
