import { CLAIM_LIB_ERRORS, defineErrors } from "@nightdesk/claim-lib";

/** Every error email-mcp throws. Those of receipts and settings are the protocol's, listed once, in claim-lib. */
export const EMAIL_MCP_ERRORS = {
  CONFIG_INVALID: CLAIM_LIB_ERRORS.CONFIG_INVALID,
  CONFIG_FORBIDDEN_SECRET: CLAIM_LIB_ERRORS.CONFIG_FORBIDDEN_SECRET,
  GMAIL_SCOPE_TOO_WIDE: {
    retry: "never",
    when: "the Gmail login may do more than this program's part needs",
  },
  GMAIL_SCOPE_MISSING: { retry: "never", when: "the Gmail login may do less than this program's part needs" },
  GMAIL_ACCOUNT_MISMATCH: {
    retry: "never",
    when: "the Gmail login belongs to another mailbox than GMAIL_ADDRESS",
  },
  GMAIL_LOGIN_FAILED: {
    retry: "never",
    when: "Google no longer accepts the login (revoked, expired, wrong client)",
  },
  GMAIL_NOT_FOUND: { retry: "never", when: "the mailbox has no such mail, thread or draft (any more)" },
  GMAIL_REFUSED: { retry: "never", when: "Gmail refused the request; repeating it would not help" },
  GMAIL_BUSY: { retry: "safe", when: "Gmail asked to slow down (429); nothing was done" },
  GMAIL_UNREACHABLE: { retry: "safe", when: "Gmail could not be reached or failed; nothing was done" },
  IMAP_LOGIN_FAILED: { retry: "never", when: "the mail server does not accept the login" },
  IMAP_REFUSED: { retry: "never", when: "the mail server refused the request; repeating it would not help" },
  IMAP_UNREACHABLE: {
    retry: "safe",
    when: "the mail server could not be reached or broke off; nothing was done",
  },
  SMTP_LOGIN_FAILED: { retry: "never", when: "the server for sending does not accept the login" },
  SMTP_REFUSED: { retry: "never", when: "the server for sending said no; nothing was sent" },
  SMTP_UNREACHABLE: {
    retry: "safe",
    when: "the server for sending could not be reached or was busy; nothing was sent",
  },
  MAIL_NOT_FOUND: { retry: "never", when: "the mailbox has no such mail or thread (any more)" },
  SEARCH_UNSUPPORTED: { retry: "never", when: "an IMAP mailbox cannot be searched for that" },
  RECEIPT_MISMATCH: CLAIM_LIB_ERRORS.RECEIPT_MISMATCH,
  RECEIPT_EXPIRED: CLAIM_LIB_ERRORS.RECEIPT_EXPIRED,
  RECEIPT_KEY_MISSING: { retry: "safe", when: "the key that receipts are checked with is not there yet" },
  SOURCE_MISMATCH: { retry: "never", when: "the mail to answer is not in the thread the approval names" },
  RECIPIENT_INVALID: { retry: "never", when: "an approved recipient is not one plain address" },
  ENVELOPE_MISMATCH: {
    retry: "never",
    when: "the composed mail would reach others than the approved recipients",
  },
  HANDLE_NOT_BOUND: { retry: "never", when: "a handle was not prepared here for this receipt" },
  DRAFT_CHANGED: { retry: "never", when: "the prepared draft no longer holds what was approved" },
  HALTED: { retry: "safe", when: "STOP.md came into the vault before the mail was sent; nothing was sent" },
  SEND_OUTCOME_UNKNOWN: { retry: "ambiguous", when: "sending was asked for and no clear answer came back" },
  STORE_FAILED: {
    retry: "safe",
    when: "the record of prepared replies could not be read or written; nothing was sent",
  },
} as const;

export const fail = defineErrors(EMAIL_MCP_ERRORS);
