import type { EventRow } from '../history/dump.js';

/** The events of each task, in the order of the dump. */
export function eventsByTask(events: readonly EventRow[]): Map<string, EventRow[]> {
  const byTask = new Map<string, EventRow[]>();
  for (const event of events) {
    const known = byTask.get(event.taskId);
    if (known) known.push(event);
    else byTask.set(event.taskId, [event]);
  }
  return byTask;
}
