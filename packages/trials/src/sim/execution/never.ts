/** Whoever called is gone: it hears nothing any more. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
