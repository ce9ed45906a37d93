import { ofKind, type Entry } from '../history/entries.js';
import type { Violation } from './violation.js';

/**
 * P2: tasks of one type and ordering key are first handed out in the order they were accepted. Each key has one client, which
 * waits for each answer, so the order of the answers is that of acceptance.
 */
export function brokenOrder(history: readonly Entry[]): Violation[] {
  const number = new Map<string, number>();
  for (const { taskId } of ofKind(history, 'accepted'))
    if (!number.has(taskId)) number.set(taskId, number.size);
  const newest = new Map<string, { taskId: string; number: number }>();
  const seen = new Set<string>();
  return ofKind(history, 'handed-out').flatMap(({ taskId, attempt, type, orderingKey }): Violation[] => {
    const own = number.get(taskId);
    if (attempt !== 1 || orderingKey === null || own === undefined || seen.has(taskId)) return [];
    seen.add(taskId);
    const key = `${type} ${orderingKey}`;
    const before = newest.get(key);
    if (!before || before.number < own) {
      newest.set(key, { taskId, number: own });
      return [];
    }
    const what = `${taskId} of key ${orderingKey} was handed out after ${before.taskId}, which was accepted later`;
    return [{ promise: 'P2', harm: 'other', what }];
  });
}
