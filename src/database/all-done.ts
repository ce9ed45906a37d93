import { isEcho } from './fault.js';

/**
 * Waits until all are settled, and then rejects with what the first of them threw. For parts of one transaction that share round
 * trips: it must not end while one of them goes on sending statements. What a statement says that came after the one that failed
 * is an echo, and counts only if nothing else was said, because the cause decides whose fault it is.
 */
export async function allDone<T extends readonly unknown[]>(parts: {
  [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const errors: unknown[] = [];
  const noted = (parts as readonly Promise<unknown>[]).map((part) =>
    part.catch((error: unknown) => {
      errors.push(error);
    }),
  );
  const all = await Promise.all(noted);
  const cause = errors.findIndex((error) => !isEcho(error));
  if (errors.length > 0) throw errors[Math.max(0, cause)];
  return all as unknown as T;
}
