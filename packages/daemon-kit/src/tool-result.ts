import { describeError, NightdeskError, type Retry } from "@nightdesk/claim-lib";
import type { CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";

/** How an error travels in a tool's result, as its structured content. */
export const wireResultSchema = z.object({
  error: z.object({
    code: z.string().min(1).max(64),
    message: z.string().max(20_000),
    retry: z.enum(["never", "safe", "ambiguous"]),
    data: z.record(z.string(), z.unknown()).default({}),
  }),
});

/** A tool's result: the value as structured content, and as text for clients that only show text. */
export function toolResult(value: object): CallToolResult {
  const structuredContent = toPlainJson(value);
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}

/**
 * A failed tool's result. Whatever is not one of ours becomes INTERNAL, ambiguous: nobody foresaw it,
 * so nobody knows what had happened by then. (A caller of a read takes that as `safe`.)
 */
export function toolError(error: unknown): CallToolResult {
  const ours = NightdeskError.is(error);
  const retry: Retry = ours ? error.retry : "ambiguous";
  const wire = {
    code: ours ? error.code : "INTERNAL",
    message: ours ? error.message : describeError(error),
    retry,
    data: ours ? toPlainJson(error.data) : {},
  };
  return {
    isError: true,
    content: [{ type: "text", text: `${wire.code}: ${wire.message}` }],
    structuredContent: { error: wire },
  };
}

/** Runs a tool's work and makes either result. Every tool's handler is `(args) => answerTool(() => ...)`. */
export async function answerTool(work: () => Promise<object>): Promise<CallToolResult> {
  try {
    return toolResult(await work());
  } catch (error) {
    return toolError(error);
  }
}

/** What JSON keeps of a value. */
function toPlainJson(value: object): Record<string, unknown> {
  try {
    const plain: unknown = JSON.parse(JSON.stringify(value));
    return typeof plain === "object" && plain !== null ? { ...plain } : {};
  } catch {
    // A circular detail must not hide the error it belongs to.
    return {};
  }
}
