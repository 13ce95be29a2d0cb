export interface TranslatedQuery {
  /** What the emulator understands. */
  q: string;
  /** `in:anywhere` was asked for. */
  everywhere: boolean;
  /** What `rfc822msgid:` asked for, without brackets, in lower case. */
  messageIds: string[];
}

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { d: DAY_MS, m: 30 * DAY_MS, y: 365 * DAY_MS };

/**
 * Turns the parts of Gmail's search language that the emulator lacks or gets wrong into what it has.
 * It knows no `in:anywhere`, `newer_than:`, `older_than:`, `from:me` and no `-` but `-label:`; its
 * `rfc822msgid:` never finds anything (it cuts one letter too few off). `OR` and `{}` stay unsupported.
 */
export function translateQuery(query: string, address: string, nowMs: number): TranslatedQuery {
  const result: TranslatedQuery = { q: "", everywhere: false, messageIds: [] };
  const kept: string[] = [];
  for (const term of query.match(/-?\w+:"[^"]*"|"[^"]*"|\S+/g) ?? []) {
    const [, sign = "", operator = "", rest = ""] = /^(-?)(?:(\w+):)?(.*)$/s.exec(term) ?? [];
    const value = rest.replace(/^"(.*)"$/, "$1");
    const age = /^(\d+)([dmy])$/.exec(value);
    const since = age ? nowMs - Number(age[1]) * (UNIT_MS[age[2] ?? ""] ?? 0) : 0;
    const name = operator.toLowerCase();
    if (name === "rfc822msgid" && sign === "")
      result.messageIds.push(value.replace(/[<>]/g, "").toLowerCase());
    else if (name === "in" && value.toLowerCase() === "anywhere") result.everywhere = true;
    else if (name === "newer_than" && age) kept.push(`after:${since}`);
    else if (name === "older_than" && age) kept.push(`before:${since}`);
    else if ((name === "from" || name === "to") && value.toLowerCase() === "me")
      kept.push(`${sign}${name}:${address}`);
    else if ((name === "in" || name === "is") && sign === "-") kept.push(`-label:${toLabel(value)}`);
    else if (name === "in") kept.push(`in:${toLabel(value)}`);
    else kept.push(term);
  }
  result.q = kept.join(" ");
  return result;
}

/** Gmail's search says `drafts` and `sent` where the labels are DRAFT and SENT. */
function toLabel(value: string): string {
  return value.toLowerCase() === "drafts" ? "draft" : value;
}
