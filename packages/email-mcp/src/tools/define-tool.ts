import { answerTool } from "@nightdesk/daemon-kit/tool-result";
import type { McpServer } from "@modelcontextprotocol/server";
import type { z } from "zod";

/** One tool, described and typed in one place. */
export interface ToolSpec<In extends z.ZodObject, Out extends z.ZodObject, Deps> {
  name: string;
  title: string;
  description: string;
  input: In;
  output: Out;
  /** What it does to the world: only looks, makes something that can be undone, or cannot be taken back. */
  effect: "reads" | "prepares" | "acts";
  run(input: z.output<In>, deps: Deps): Promise<z.output<Out>>;
}

/** A tool ready to be put on a server. */
export interface Tool<Deps> {
  name: string;
  register(server: McpServer, deps: Deps): void;
}

/** Every tool of ours may be repeated with the same arguments without a second effect. */
const ANNOTATIONS = {
  reads: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  prepares: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  acts: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
} as const;

export function defineTool<In extends z.ZodObject, Out extends z.ZodObject, Deps>(
  spec: ToolSpec<In, Out, Deps>,
): Tool<Deps> {
  const { name, title, description, input, output, effect } = spec;
  return {
    name,
    register(server, deps) {
      server.registerTool<Out, z.ZodObject>(
        name,
        { title, description, inputSchema: input, outputSchema: output, annotations: ANNOTATIONS[effect] },
        (args) => answerTool(async () => spec.run(input.parse(args), deps)),
      );
    },
  };
}
