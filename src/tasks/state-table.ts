import type { TaskEventType, TaskStatus } from './task-state.js';

/**
 * The states of a task and what moves it between them. This is the whole of it: the fold asks this table before each
 * step, SQL does not repeat it, `docs/states.md` draws it.
 */
export interface Transition {
  /** Where it may start; `null` is the task that does not exist yet. */
  from: readonly (TaskStatus | null)[];
  to: readonly TaskStatus[];
  /** Also from `scheduled`, once the first attempt is over: the task waits for its next attempt. */
  fromBackOff?: true;
}

export const TRANSITIONS: Readonly<Record<TaskEventType, Transition>> = {
  /** Accepted; `scheduled` if it is not due yet. */
  submitted: { from: [null], to: ['queued', 'scheduled'] },
  /** It has become due. */
  queued: { from: ['scheduled'], to: ['queued'] },
  /** Delivery `claim`: a worker holds a lease on it. */
  dispatched: { from: ['queued'], to: ['queued'] },
  /** A worker said that it has begun. */
  running: { from: ['queued'], to: ['running'] },
  /** A worker said how far it is. */
  progress: { from: ['running'], to: ['running'] },
  /** A worker answered. */
  succeeded: { from: ['queued', 'running'], to: ['succeeded'], fromBackOff: true },
  /** A worker gave up, or the budget was used up by failures. */
  failed: { from: ['queued', 'running'], to: ['failed'], fromBackOff: true },
  /** The next attempt: after a failure, a time limit or a lost worker; or because a person wants it. */
  retrying: {
    from: ['queued', 'running', 'failed', 'dead_lettered', 'expired'],
    to: ['queued', 'scheduled'],
  },
  /** Its request record cannot be processed, or the budget was used up by workers that were lost. */
  dead_lettered: { from: ['queued', 'running'], to: ['dead_lettered'] },
  /** The dead letter was sent again. */
  redriven: { from: ['dead_lettered'], to: ['queued'] },
  /** A person stopped it. */
  cancelled: { from: ['scheduled', 'queued', 'running'], to: ['cancelled'] },
  /** Its time was over. */
  expired: { from: ['scheduled', 'queued', 'running'], to: ['expired'] },
};

/** Whether an event may happen to a task with this status and attempt. */
export function mayHappen(event: TaskEventType, from: TaskStatus | null, attempt: number): boolean {
  const transition = TRANSITIONS[event];
  if (transition.from.includes(from)) return true;
  return transition.fromBackOff === true && from === 'scheduled' && attempt > 1;
}
