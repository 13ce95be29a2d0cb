import assert from "node:assert/strict";
import { test } from "node:test";
import { findPlaceholder } from "../src/index.ts";

test("a text of nothing but brackets is looked through in a moment", () => {
  for (const unit of ["[", "[ ", "{", "{ ", "[my a", "[gap "]) {
    const begun = performance.now();
    findPlaceholder(unit.repeat(65_000 / unit.length));
    assert.ok(performance.now() - begun < 3_000, `${unit}: ${performance.now() - begun} ms`);
  }
});
