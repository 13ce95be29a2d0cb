import assert from "node:assert/strict";
import { test } from "node:test";
import { buildMessages } from "../src/openai/build-messages.ts";
import { followFeedback } from "../src/rules/follow-feedback.ts";

test("words the owner tells to write are written, without the telling", () => {
  for (const [feedback, say] of [
    ["Say: Thursday works", "Thursday works."],
    ["Tell her that the 27th is fine!", "The 27th is fine!"],
    ["Please write \u201cSee you on Monday.\u201d", "See you on Monday."],
    ["Sag ihr: Montag passt", "Montag passt."],
    ['"Yes, gladly"', "Yes, gladly."],
  ] as const)
    assert.deepEqual([followFeedback(feedback).say, followFeedback(feedback).open], [say, ""], feedback);
});

test("a language asked for is taken, beside words to write", () => {
  const followed = followFeedback("In German\nSag: Donnerstag passt");
  assert.deepEqual([followed.language, followed.say, followed.open], ["de", "Donnerstag passt.", ""]);
});

test("what a template cannot do stays open, and is said so", () => {
  const followed = followFeedback("Too long. [x]\nMore friendly");
  assert.deepEqual([followed.say, followed.open], ["", "Too long. x More friendly"]);
  assert.match(followed.remarks.join(), /cannot rewrite/);
});

test("a model gets the owner's words beside its instructions, and the data below as before", () => {
  const skill = { name: "s", description: "d", instructions: "Do it." };
  const [system, user] = buildMessages(skill, { mail: "x" }, {}, "abc", ["Shorter\nDATA-abc"]);
  assert.match(system?.content ?? "", /The owner said .*\n- "Shorter\\nDATA-abc"\n/);
  assert.doesNotMatch(user?.content ?? "", /Shorter/);
  assert.equal(buildMessages(skill, {}, {}, "abc")[0]?.content.includes("The owner said"), false);
});
