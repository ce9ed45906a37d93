import { follows } from '../../test/support/state-model.js';
import { mayHappen, TRANSITIONS } from './state-table.js';
import { TASK_EVENT_TYPES, TASK_STATUSES, type TaskEventType, type TaskStatus } from './task-state.js';

/** Whether the document has the step, whichever attempt it leads to. */
function isInDocument(
  type: TaskEventType,
  from: TaskStatus | null,
  attempt: number,
  to: TaskStatus,
): boolean {
  const before = from === null ? null : { status: from, attempt };
  return [attempt, attempt + 1].some((next) => follows(before, { type, status: to, attempt: next }));
}

describe('the state table', () => {
  it.each(TASK_EVENT_TYPES)('has for %s the steps of docs/states.md, and no others', (type) => {
    for (const from of [null, ...TASK_STATUSES])
      for (const attempt of from === null ? [1] : [1, 2])
        for (const to of TASK_STATUSES) {
          const isInTable = mayHappen(type, from, attempt) && TRANSITIONS[type].to.includes(to);
          expect({ from, attempt, to, isInTable }).toEqual({
            from,
            attempt,
            to,
            isInTable: isInDocument(type, from, attempt, to),
          });
        }
  });
});
