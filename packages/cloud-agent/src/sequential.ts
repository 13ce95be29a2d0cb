import type { VaultFiles } from "@nightdesk/claim-lib";

/** The same function, one call at a time, in the order of the calls. */
export function sequential<A extends unknown[], R>(
  work: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const next = last.then(() => work(...args));
    last = next.catch(() => undefined);
    return next;
  };
}

/** The vault with one writer: whatever runs side by side, changes reach the disk one after the other. */
export function withOneWriter(files: VaultFiles): VaultFiles {
  const change = sequential((work: () => Promise<void>) => work());
  return {
    list: (folder) => files.list(folder),
    read: (path) => files.read(path),
    stat: (path) => files.stat(path),
    write: (path, text) => change(() => files.write(path, text)),
    append: (path, text) => change(() => files.append(path, text)),
    move: (from, to) => change(() => files.move(from, to)),
    remove: (path) => change(() => files.remove(path)),
  };
}

/** Lets at most `limit` pieces of work run at the same time; the others wait in line. */
export function limitConcurrency(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, not freed, so that nobody slips in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
