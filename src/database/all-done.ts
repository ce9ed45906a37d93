/**
 * Waits until all are settled, and then rejects with what the first of them threw. For parts of one transaction that share round
 * trips: it must not end while one of them goes on sending statements.
 */
export async function allDone<T extends readonly unknown[]>(parts: {
  [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const all = Promise.all(parts as readonly Promise<unknown>[]) as unknown as Promise<T>;
  // It rejects with the first of them, while nobody waits for it yet: that would end the process.
  all.catch(() => undefined);
  await Promise.allSettled(parts as readonly Promise<unknown>[]);
  return all;
}
