import { runCommand } from "../src/run-command.ts";

/** Runs a command in this process with nothing of the real environment. */
export async function runCli(argv: string[], env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(argv, {
    env,
    print: (text) => void out.push(text),
    printError: (text) => void err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
