import type { Dump } from '../history/dump.js';
import { ofKind, type Entry } from '../history/entries.js';
import { OPEN } from './states.js';
import type { Violation } from './violation.js';

/** P1 and P9: what was accepted is there, as its owner sent it, and every task has ended. */
export function lostTasks(history: readonly Entry[], { tasks, dispatches }: Dump): Violation[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const gone = ofKind(history, 'accepted').flatMap(({ taskId, nonce, owner }): Violation[] => {
    const task = byId.get(taskId);
    if (task?.payload.nonce === nonce && task.owner === owner) return [];
    const what = task ? 'is not what was accepted' : 'was accepted and is gone';
    return [{ promise: 'P1', harm: 'lost', what: `${taskId} ${what}` }];
  });
  const open = tasks.filter(({ status }) => OPEN.has(status));
  const unended = open.map(({ id, type, status, attempt }): Violation => {
    return { promise: 'P9', harm: 'lost', what: `${id} (${type}) is still ${status} at attempt ${attempt}` };
  });
  const standing = dispatches.filter((id) => !OPEN.has(byId.get(id)?.status ?? 'gone'));
  const unneeded = standing.map((id): Violation => {
    return { promise: 'P3', harm: 'other', what: `${id} has ended and would be sent again` };
  });
  return [...gone, ...unended, ...unneeded];
}
