import type { Risk } from "@nightdesk/claim-lib";
import type { Mail, ReplyTargets } from "./mail-port.ts";

export interface RiskFacts {
  mail: Mail;
  targets: ReplyTargets;
  draft: string;
  /** The owner has never written to this address. */
  isFirstContact: boolean;
}

const MONEY =
  /\b(invoice|payment|pay|bank|iban|refund|transfer|price|quote|discount|credit card|rechnung|zahlung|überweis\w*|konto|preis|angebot|rabatt|mahnung|factura|pago|transferencia|precio|presupuesto|facture|paiement|virement|prix|devis|remboursement)\b|[€$£]\s?\d|\d\s?(?:€|EUR|USD|GBP|CHF)/iu;
const ACCOUNT =
  /\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){3,7}\b|\b(?:new|changed?|neue|geänderte|nueva|nouvelles?) (?:bank|account|iban|konto|bankverbindung|cuenta|coordonnées)/iu;

const MANY_RECIPIENTS = 3;
const VERY_MANY_RECIPIENTS = 10;

/** How much a mistake would cost, by fixed rules. No model has a say in it. */
export function judgeRisk({ mail, targets, draft, isFirstContact }: RiskFacts): Risk {
  const talk = `${mail.subject}\n${mail.text.slice(0, 20_000)}\n${draft}`;
  const recipients = targets.to.length + targets.cc.length;
  const points =
    (targets.warnings.length > 0 ? 2 : 0) +
    (isFirstContact ? 1 : 0) +
    (recipients > VERY_MANY_RECIPIENTS ? 2 : recipients > MANY_RECIPIENTS ? 1 : 0) +
    (ACCOUNT.test(talk) ? 2 : MONEY.test(talk) ? 1 : 0);
  if (points === 0) return "low";
  return points >= 3 ? "high" : "medium";
}
