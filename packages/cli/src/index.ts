export { CLI_ERRORS } from "./errors.ts";
export { DEMO_ERRORS } from "./demo/errors.ts";
export { runCommand, type CommandWorld } from "./run-command.ts";
