import type { Dump } from '../history/dump.js';
import { ofKind, type Entry } from '../history/entries.js';
import type { Violation } from './violation.js';

const STEP = { cancel: 'cancelled', retry: 'retrying', redrive: 'redriven' } as const;

/** P1 for commands: what was answered well is in the task's history. */
export function brokenCommands(history: readonly Entry[], { events }: Dump): Violation[] {
  const steps = new Set(events.map(({ taskId, type }) => `${taskId} ${type}`));
  return ofKind(history, 'commanded').flatMap(({ command, taskId }): Violation[] => {
    if (steps.has(`${taskId} ${STEP[command]}`)) return [];
    return [
      { promise: 'P1', harm: 'lost', what: `the ${command} of ${taskId} was answered well and is gone` },
    ];
  });
}
