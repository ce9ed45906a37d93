import type { Dump, EventRow } from '../history/dump.js';
import type { Entry } from '../history/entries.js';
import { eventsByTask } from './events-by-task.js';
import { mayFollow } from './states.js';
import type { Violation } from './violation.js';

/** P3: every history is a path of the state table, without a hole, with one end for an attempt; the task stands where it ends. */
export function brokenPaths(_: readonly Entry[], { tasks, events }: Dump): Violation[] {
  const byTask = eventsByTask(events);
  return tasks.flatMap(({ id, status, attempt, seq }): Violation[] => {
    const path = byTask.get(id) ?? [];
    const last = path.at(-1);
    const isThere = last?.status === status && last.attempt === attempt && last.seq === seq;
    const wrong =
      firstWrong(path) ?? (isThere ? null : `the task is ${status} at attempt ${attempt}, seq ${seq}`);
    if (wrong === null) return [];
    const shown = path.map(({ seq, type, attempt }) => `${seq} ${type}/${attempt}`).join(', ');
    return [{ promise: 'P3', harm: 'twice', what: `${id}: ${wrong}; its history: ${shown}` }];
  });
}

function firstWrong(path: readonly EventRow[]): string | null {
  for (const [index, event] of path.entries()) {
    if (event.seq !== index + 1) return `seq ${event.seq} comes as number ${index + 1}`;
    if (!mayFollow(path[index - 1] ?? null, event))
      return `${event.type} may not come as number ${event.seq}`;
  }
  return null;
}
