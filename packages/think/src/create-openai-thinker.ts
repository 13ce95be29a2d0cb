import type { Clock, Random } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";
import { buildMessages, repairMessages, type Message } from "./openai/build-messages.ts";
import { callEndpoint, errorCodeOf, fieldOf, type Endpoint } from "./openai/call-endpoint.ts";
import { readAnswer, readUsage } from "./openai/read-answer.ts";
import { toStrictSchema } from "./openai/strict-schema.ts";
import type { SkillLoader } from "./skills.ts";
import type { Thinker, ThinkRequest, Thought } from "./thinker.ts";

export interface OpenaiOptions {
  /** Without a slash at the end. */
  baseUrl: string;
  apiKey: string | null;
  model: string;
  loadSkill: SkillLoader;
  fetch: typeof fetch;
  clock: Clock;
  random: Random;
  eurPerMillion: { input: number; output: number };
  /** One attempt. Default 60 s: local models on a small machine are slow. */
  timeoutMs?: number;
  maxAttempts?: number;
  maxWaitMs?: number;
}

/** How an answer is asked for, from the strictest down. A server that knows less answers 400. */
const FORMATS = ["json_schema", "json_object", "none"] as const;
type Format = (typeof FORMATS)[number];

/** One round of repair: a model that fails twice fails a third time as well, and each round costs. */
const MAX_ROUNDS = 2;

/** Any endpoint that speaks OpenAI's chat completions: OpenAI, Ollama, llama.cpp, OpenRouter. */
export function createOpenaiThinker(options: OpenaiOptions): Thinker {
  const endpoint: Endpoint = {
    baseUrl: options.baseUrl,
    apiKey: options.apiKey,
    fetch: options.fetch,
    clock: options.clock,
    timeoutMs: options.timeoutMs ?? 60_000,
    maxAttempts: options.maxAttempts ?? 3,
    maxWaitMs: options.maxWaitMs ?? 20_000,
    fraction: () => options.random.fraction(),
  };
  // What the server turned out to understand; found once, kept for the life of the process.
  let format: Format = "json_schema";

  async function complete(
    request: ThinkRequest<unknown>,
    messages: Message[],
    jsonSchema: unknown,
  ): Promise<unknown> {
    for (;;) {
      const asked = format;
      const body = { model: options.model, messages, ...responseFormat(asked, request.skill, jsonSchema) };
      const { status, json } = await callEndpoint(endpoint, body, request.signal);
      if (status >= 200 && status < 300) return json;
      const simpler = FORMATS[FORMATS.indexOf(asked) + 1];
      if (status !== 400 || simpler === undefined || !complainsOfFormat(json))
        throw refused(status, json, options.model);
      format = simpler;
    }
  }

  return {
    async think<T>(request: ThinkRequest<T>): Promise<Thought<T>> {
      const skill = await options.loadSkill(request.skill);
      const jsonSchema = toStrictSchema(request.schema);
      const mark = Buffer.from(options.random.bytes(12)).toString("hex");
      let messages = buildMessages(skill, request.input, jsonSchema, mark, request.ownerWords);
      let costEur = 0;
      let problem = "";
      for (let round = 1; round <= MAX_ROUNDS; round += 1) {
        const completion = await complete(request, messages, jsonSchema);
        const usage = readUsage(completion);
        costEur +=
          (usage.input * options.eurPerMillion.input + usage.output * options.eurPerMillion.output) / 1e6;
        const answer = readAnswer(completion, request.schema);
        if ("value" in answer) return { value: answer.value, costEur, provider: options.model };
        problem = answer.problem;
        messages = repairMessages(messages, answer.text, problem);
      }
      throw fail(
        "THINK_BAD_ANSWER",
        `The model's answer could not be used, also when asked again (${problem}).`,
        {
          data: { skill: request.skill, problem, costEur },
        },
      );
    },
  };
}

function responseFormat(format: Format, skill: string, jsonSchema: unknown): Record<string, unknown> {
  if (format === "none") return {};
  if (format === "json_object") return { response_format: { type: "json_object" } };
  const name = skill.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64);
  return {
    response_format: { type: "json_schema", json_schema: { name, strict: true, schema: jsonSchema } },
  };
}

/** OpenAI names the parameter; others only mention it in the sentence. */
function complainsOfFormat(json: unknown): boolean {
  const error = fieldOf(json, "error");
  const hints = [
    fieldOf(error, "param"),
    fieldOf(error, "message"),
    fieldOf(json, "message"),
    fieldOf(json, "detail"),
    error,
  ];
  return hints.some(
    (hint) =>
      typeof hint === "string" && /response_format|json_schema|json_object|structured output/i.test(hint),
  );
}

function refused(status: number, json: unknown, model: string) {
  const data = { status, code: errorCodeOf(json) };
  if (status === 401 || status === 403) {
    return fail(
      "THINK_KEY_REFUSED",
      `The model's provider does not accept OPENAI_API_KEY (${status}). Put a valid key into .env and restart.`,
      { data },
    );
  }
  if (status === 429 || status === 402) {
    return fail(
      "THINK_QUOTA",
      "The account at the model's provider has no credit left. Top it up, or set THINK_PROVIDER=rules.",
      { data },
    );
  }
  return fail(
    "THINK_REQUEST_REFUSED",
    `The model's server refused the request (${status}${data.code === null ? "" : `, ${data.code}`}). Check OPENAI_BASE_URL and OPENAI_MODEL=${model}.`,
    { data },
  );
}
