export { CLI_ERRORS } from "./errors.ts";
export { runCommand, type CommandWorld } from "./run-command.ts";
