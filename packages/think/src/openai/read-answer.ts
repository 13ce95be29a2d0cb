import type { ZodType } from "zod";
import { fail } from "../errors.ts";
import { fieldOf, parseJson } from "./call-endpoint.ts";

export type Answer<T> = { value: T } | { problem: string; text: string };

/**
 * Takes the filled-in form out of a completion. Tool calls are not looked at: there are none to make.
 * Throws THINK_REFUSED when the model declined.
 */
export function readAnswer<T>(completion: unknown, schema: ZodType<T>): Answer<T> {
  const choices = fieldOf(completion, "choices");
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  const message = fieldOf(choice, "message");
  const finish = fieldOf(choice, "finish_reason");
  const refusal = fieldOf(message, "refusal");
  if ((typeof refusal === "string" && refusal !== "") || finish === "content_filter") {
    throw fail("THINK_REFUSED", "The model declined to answer this one.", {
      data: { finish: String(finish) },
    });
  }
  const text = contentOf(message);
  if (text === "") return { problem: "it is empty", text };
  if (finish === "length") return { problem: "it was cut off because it was too long", text };
  const json = parseJson(unfence(text));
  if (json === undefined) return { problem: "it is not JSON", text };
  const result = schema.safeParse(json);
  if (result.success) return { value: result.data };
  const issue = result.error.issues[0];
  return { problem: `"${issue?.path.join(".") ?? ""}" is wrong: ${issue?.message ?? "unknown"}`, text };
}

/** Text, or a list of text parts as some servers send it. */
function contentOf(message: unknown): string {
  const content = fieldOf(message, "content");
  if (typeof content === "string") return content.trim();
  if (!Array.isArray(content)) return "";
  return content
    .map((part) => fieldOf(part, "text"))
    .filter((part) => typeof part === "string")
    .join("")
    .trim();
}

/** Small models like to wrap JSON in a fence, or to think aloud first. */
function unfence(text: string): string {
  const withoutThoughts = text.replace(/^<think>[\s\S]*?<\/think>\s*/, "");
  return /^```(?:json)?\s*\n([\s\S]*?)\n?```$/.exec(withoutThoughts)?.[1] ?? withoutThoughts;
}

/** Tokens used, where the server says. */
export function readUsage(completion: unknown): { input: number; output: number } {
  const usage = fieldOf(completion, "usage");
  return {
    input: count(fieldOf(usage, "prompt_tokens")),
    output: count(fieldOf(usage, "completion_tokens")),
  };
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}
