/**
 * What a caller may do after an error:
 * - `never`: the same call will fail again until something is changed by a person or by code;
 * - `safe`: nothing happened outside, the call may be repeated;
 * - `ambiguous`: the effect may have happened. Only the executor of local-agent handles this one.
 */
export type Retry = "never" | "safe" | "ambiguous";

export type ErrorCatalogue = Readonly<Record<string, { readonly retry: Retry; readonly when: string }>>;

/**
 * The one error class of the project. `message` says what happened, what was left untouched and what
 * to do next; `data` holds the details for the log. Every package lists its codes in `errors.ts`.
 */
export class NightdeskError extends Error {
  readonly code: string;
  readonly retry: Retry;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { retry?: Retry; data?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "NightdeskError";
    this.code = code;
    this.retry = options.retry ?? "never";
    this.data = options.data ?? {};
  }

  /** True for our error, also when it came from a second copy of this package. */
  static is(value: unknown, code?: string): value is NightdeskError {
    return (
      value instanceof Error &&
      value.name === "NightdeskError" &&
      "code" in value &&
      (code === undefined || value.code === code)
    );
  }
}

/** Makes a package's error constructor out of its catalogue, so that no throw can name an unlisted code. */
export function defineErrors<const C extends ErrorCatalogue>(catalogue: C) {
  return function fail(
    code: keyof C & string,
    message: string,
    details: { data?: Record<string, unknown>; cause?: unknown } = {},
  ): NightdeskError {
    const entry = catalogue[code];
    return new NightdeskError(code, message, { ...details, retry: entry ? entry.retry : "never" });
  };
}

/** The text of anything that was thrown. */
export function describeError(error: unknown): string {
  if (NightdeskError.is(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
