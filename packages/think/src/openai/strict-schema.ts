import { toJSONSchema, type ZodType } from "zod";

/**
 * What OpenAI's strict mode and the grammars of local servers understand alike. Lengths and ranges
 * are left out: our own check of the answer knows them.
 */
const KEPT = [
  "type",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "enum",
  "const",
  "anyOf",
  "description",
];

/** A zod schema as the JSON schema for `response_format`. */
export function toStrictSchema(schema: ZodType): Record<string, unknown> {
  return prune(toJSONSchema(schema, { io: "input" })) as Record<string, unknown>;
}

function prune(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(prune);
  if (typeof node !== "object" || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => KEPT.includes(key));
  const pruned: Record<string, unknown> = Object.fromEntries(
    kept.map(([key, value]) => [key, key === "properties" ? pruneEach(value) : prune(value)]),
  );
  // Strict mode wants every object closed and every property named as required.
  if (
    pruned["type"] === "object" &&
    typeof pruned["properties"] === "object" &&
    pruned["properties"] !== null
  ) {
    pruned["additionalProperties"] = false;
    pruned["required"] = Object.keys(pruned["properties"]);
  }
  return pruned;
}

/** Property names are not keywords: a property called `pattern` stays. */
function pruneEach(properties: unknown): unknown {
  return Object.fromEntries(Object.entries(properties ?? {}).map(([name, value]) => [name, prune(value)]));
}
