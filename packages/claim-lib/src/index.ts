export { NightdeskError, defineErrors, describeError, type ErrorCatalogue, type Retry } from "./nightdesk-error.ts";
export { CLAIM_LIB_ERRORS } from "./errors.ts";
export type { Clock, FileStat, Random, VaultFiles } from "./ports.ts";
export * from "./limits.ts";
export { canonicalJson, sha256Hex, type Json } from "./canonical-json.ts";
export {
  hashArgs,
  openReceipt,
  receiptSchema,
  signedReceiptSchema,
  signReceipt,
  verifyReceipt,
  type Receipt,
  type ReceiptExpectation,
  type SignedReceipt,
} from "./receipt.ts";
