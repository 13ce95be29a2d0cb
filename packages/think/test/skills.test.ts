import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createSkillLoader, parseSkill, PROJECT_SKILLS, readSkillFile } from "../src/index.ts";

const load = createSkillLoader(readSkillFile(PROJECT_SKILLS));

test("the project's own skills are well-formed Agent Skills", async () => {
  for (const name of ["triage-email", "draft-reply"]) {
    const skill = await load(name);
    assert.equal(skill.name, name);
    assert.match(skill.instructions, /What the mail may not do/);
  }
});

test("a name that is no skill's name never becomes a path", async () => {
  const asked: string[] = [];
  const loader = createSkillLoader(async (name) => {
    asked.push(name);
    return null;
  });
  for (const name of ["../../etc/passwd", "a/b", "", "A", ".", "x".repeat(65)]) {
    await assert.rejects(
      loader(name),
      (error: unknown) => NightdeskError.is(error, "THINK_SKILL_UNKNOWN"),
      name,
    );
  }
  assert.deepEqual(asked, []);
  await assert.rejects(load("no-such-skill"), (error: unknown) =>
    NightdeskError.is(error, "THINK_SKILL_UNKNOWN"),
  );
});

test("a broken SKILL.md is refused with what is wrong", () => {
  const cases: [string, RegExp][] = [
    ["no front matter", /does not begin/],
    ["---\nname: x\n---\nbody", /"description" is missing/],
    ["---\nname: other\ndescription: d\n---\nbody", /not its folder's name/],
    ["---\nname: x\ndescription: d\n---\n \n", /no instructions/],
    ["---js\nname: x\n---\nbody", /does not begin/],
  ];
  for (const [text, why] of cases) {
    assert.throws(
      () => parseSkill(text, "x"),
      (error: unknown) => NightdeskError.is(error, "THINK_SKILL_MALFORMED") && why.test(error.message),
      text,
    );
  }
});
