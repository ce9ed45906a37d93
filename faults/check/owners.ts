import type { Dump } from '../history/dump.js';
import { ofKind, type Entry } from '../history/entries.js';
import type { Violation } from './violation.js';

/** P8: nobody saw an event of another owner's task, and another owner's task looks like none. */
export function brokenOwners(history: readonly Entry[], { tasks }: Dump): Violation[] {
  const ownerOf = new Map(tasks.map(({ id, owner }) => [id, owner]));
  const seen = ofKind(history, 'saw').filter(({ taskId, owner }) => ownerOf.get(taskId) !== owner);
  const spied = ofKind(history, 'spied').filter(({ status }) => status < 300);
  return [
    ...seen.map(({ owner, taskId }): Violation => {
      return { promise: 'P8', harm: 'other', what: `${owner} was told of ${taskId}` };
    }),
    ...spied.map(({ owner, taskId }): Violation => {
      return { promise: 'P8', harm: 'other', what: `${owner} could read ${taskId}` };
    }),
  ];
}
