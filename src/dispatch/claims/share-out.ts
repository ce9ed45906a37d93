/** What somebody who claims would take. */
export interface Ask {
  types: readonly string[];
  /** How many tasks at the most. */
  max: number;
}

/** How many tasks of each type all of them together would take, but no more than `limit`. */
export function wantedTypes(asks: readonly Ask[], limit: number): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { types, max } of asks) {
    for (const type of types) wanted.set(type, Math.min((wanted.get(type) ?? 0) + max, limit));
  }
  return wanted;
}

/**
 * Gives tasks, in their order, to those who ask for their types: each to who has got the fewest so far, of equals to who
 * came first. So nobody with a large appetite leaves others with nothing. Tasks that nobody takes are left over.
 */
export function shareOut<A extends Ask, T extends { type: string }>(
  asks: readonly A[],
  tasks: readonly T[],
): Map<A, T[]> {
  const shares = new Map<A, T[]>(asks.map((ask) => [ask, []]));
  for (const task of tasks) {
    let fewest: T[] | null = null;
    for (const [{ types, max }, share] of shares) {
      const isOpen = share.length < Math.min(max, fewest?.length ?? Infinity);
      if (isOpen && types.includes(task.type)) fewest = share;
    }
    fewest?.push(task);
  }
  return shares;
}
