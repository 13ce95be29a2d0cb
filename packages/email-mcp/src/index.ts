export { EMAIL_MCP_ERRORS } from "./errors.ts";
export {
  CONFIG_EXAMPLES,
  GOOGLE_BASE_URL,
  isLoopbackUrl,
  parseArguments,
  readConfig,
  type EmailConfig,
  type Mode,
  type TransportName,
} from "./config.ts";
export { checkScopes } from "./check-scopes.ts";
export { startEmailMcp, type EmailMcp } from "./start-email-mcp.ts";
export { composeReply, foldAddress, replySubject, type ReplyAddresses } from "./mime/compose-reply.ts";
export { parseAddressList, type MailAddress, type ParsedAddresses } from "./mime/parse-address.ts";
export {
  firstHeader,
  messageIds,
  parseHeaders,
  type HeaderBlock,
  type Headers,
} from "./mime/parse-headers.ts";
export { createMailDecoder, type MailDecoder } from "./mail-decoder.ts";
export type { Attachment, ParsedMail } from "./mime/read-head.ts";
export { parseAddrSpec } from "./mime/parse-addr-spec.ts";
export { identifyMail } from "./imap/identify-mail.ts";
