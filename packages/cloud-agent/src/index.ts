export { CLOUD_AGENT_ERRORS } from "./errors.ts";
export { CLOUD_AGENT_EXAMPLES, readConfig, type CloudConfig } from "./config.ts";
export { createCloudAgent, type CloudAgent } from "./create-cloud-agent.ts";
export type { AgentState, CloudPorts, CloudSettings, MailCursor } from "./ports.ts";
export { createMailPort, type Mail, type MailPort, type MailRef, type ReplyTargets } from "./mail-port.ts";
export { taskIdOf } from "./take-in.ts";
export { toMailInput } from "./triage.ts";
