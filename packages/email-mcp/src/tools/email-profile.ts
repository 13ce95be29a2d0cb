import { z } from "zod";
import { defineTool } from "./define-tool.ts";
import type { ReadDeps } from "./read-deps.ts";
import { cursor } from "./schemas.ts";

export const emailProfile = defineTool({
  name: "email_profile",
  title: "Mailbox",
  description: "The mailbox's own address, and a cursor that marks this moment for email_changes.",
  input: z.strictObject({}),
  output: z.strictObject({ account: z.string(), cursor }),
  effect: "reads",
  run: async (_input, { reader }: ReadDeps) => reader.profile(),
});
