import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkDependencyRule } from "./dependency-rule.ts";

test("no package imports what the architecture does not allow", () => {
  assert.deepEqual(checkDependencyRule(), []);
});

test("the rule notices an agent that holds a provider's SDK, git, or another agent", () => {
  const root = mkdtempSync(join(tmpdir(), "nightdesk-rule-"));
  const folder = join(root, "packages", "cloud-agent", "src");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "bad.ts"),
    'import { gmail } from "googleapis/build/src/apis/gmail";\nimport { simpleGit } from "simple-git";\n' +
      'const x = await import("@nightdesk/local-agent");\nimport pm2 from "pm2";\n',
  );
  const found = checkDependencyRule(root);
  rmSync(root, { recursive: true });
  assert.equal(found.length, 4, found.join("\n"));
});
