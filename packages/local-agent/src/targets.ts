import { hashArgs, type KindAction, type TaskFields } from "@nightdesk/claim-lib";

/** Who or what an action reaches, by front-matter key. */
export type Targets = Record<string, unknown>;

/** The targets a note names. */
export function targetsOf(fields: Readonly<Record<string, unknown>>, action: KindAction): Targets {
  return Object.fromEntries(action.targetKeys.map((key) => [key, fields[key] ?? null]));
}

/** One hash for one set of targets; the order of a list reaches nobody else. */
export function hashTargets(targets: Targets): string {
  const sorted = Object.entries(targets).map(([key, value]) => [
    key,
    Array.isArray(value) ? value.map(String).sort() : value,
  ]);
  return hashArgs(Object.fromEntries(sorted));
}

/** For a sentence: `anna@kunde.example, ben@kunde.example`. */
export function listTargets(targets: Targets): string {
  const all = Object.values(targets).flatMap((value) =>
    Array.isArray(value) ? value.map(String) : value ? [String(value)] : [],
  );
  const shown = all.slice(0, 5).join(", ");
  return all.length > 5 ? `${shown} and ${all.length - 5} more` : shown || "nobody";
}

/** The action's subject line, where it has one. */
export function subjectOf(fields: TaskFields): string | null {
  return typeof fields["subject"] === "string" ? fields["subject"] : null;
}
