import { fail } from "../errors.ts";

/** Reads a body up to a limit; beyond it the connection is dropped and THINK_ANSWER_TOO_LONG thrown. */
export async function readLimited(response: Response, maxBytes: number): Promise<string> {
  if (!response.body) return "";
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString("utf8");
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined);
      throw fail(
        "THINK_ANSWER_TOO_LONG",
        `The model's answer is longer than ${maxBytes / 1024} KB and was cut off; none of it was used.`,
      );
    }
    chunks.push(value);
  }
}
