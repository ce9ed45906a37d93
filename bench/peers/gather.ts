/**
 * Gathers what callers add while a round of work is under way into the next round. The promise of `add` resolves with the round.
 */
export function gather<T>(work: (items: T[]) => Promise<void>): { add(items: readonly T[]): Promise<void> } {
  let waiting: T[] = [];
  let next: Promise<void> | null = null;
  let current = Promise.resolve();
  const run = async (): Promise<void> => {
    await current.catch(() => undefined);
    const round = waiting;
    waiting = [];
    next = null;
    current = work(round);
    await current;
  };
  return {
    add: (items) => {
      for (const item of items) waiting.push(item);
      return (next ??= run());
    },
  };
}
