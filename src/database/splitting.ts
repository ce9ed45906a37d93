import { faultOf } from './fault.js';

/**
 * Runs `work` on all items at once; where an item is at fault, halves them until the culprit stands alone and gives it
 * to `onCulprit`. So one bad item costs its neighbours a second try and nothing else. What is the infrastructure's
 * fault is thrown; halves that were done by then stay done.
 */
export async function splitting<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
  onCulprit: (item: T, error: unknown) => Promise<void> | void,
): Promise<void> {
  const [only] = items;
  if (only === undefined) return;
  try {
    await work(items);
  } catch (error) {
    const fault = faultOf(error);
    if (items.length === 1 && fault === 'record') return onCulprit(only, error);
    if (items.length === 1 || (fault !== 'record' && fault !== 'halve')) throw error;
    const middle = Math.ceil(items.length / 2);
    await splitting(items.slice(0, middle), work, onCulprit);
    await splitting(items.slice(middle), work, onCulprit);
  }
}
