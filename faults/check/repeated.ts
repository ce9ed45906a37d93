import type { Dump, EventRow, TaskRow } from '../history/dump.js';
import { ofKind, type Entry } from '../history/entries.js';
import { eventsByTask } from './events-by-task.js';
import type { Violation } from './violation.js';

/** P3 and P4: a submission made one task, and what a task says comes from one answer, to that attempt of that task. */
export function repeatedEffects(history: readonly Entry[], { tasks, events }: Dump): Violation[] {
  return [
    ...repeatedSubmissions(tasks),
    ...foreignResults(history, tasks),
    ...repeatedFailures(history, events),
  ];
}

function repeatedSubmissions(tasks: readonly TaskRow[]): Violation[] {
  const first = new Map<string, string>();
  return tasks.flatMap(({ id, payload: { nonce } }): Violation[] => {
    if (nonce === undefined) return [];
    const other = first.get(nonce);
    first.set(nonce, other ?? id);
    if (other === undefined) return [];
    return [{ promise: 'P4', harm: 'twice', what: `${id} and ${other} are of one submission, ${nonce}` }];
  });
}

function foreignResults(history: readonly Entry[], tasks: readonly TaskRow[]): Violation[] {
  const answers = new Set(ofKind(history, 'answered').map(nameOf));
  return tasks.flatMap(({ id, attempt, status, payload, result }): Violation[] => {
    if (status !== 'succeeded') return [];
    const nonce = result?.nonce;
    const isOwn =
      nonce === undefined
        ? result?.echo?.nonce === payload.nonce
        : answers.has(nameOf({ taskId: id, attempt, nonce }));
    if (isOwn) return [];
    return [
      { promise: 'P3', harm: 'other', what: `${id} has a result that nobody gave for attempt ${attempt}` },
    ];
  });
}

/** Failures name their answer in the error's message, in the history of the attempt that failed. */
function repeatedFailures(history: readonly Entry[], events: readonly EventRow[]): Violation[] {
  const answers = new Set(ofKind(history, 'answered').map(nameOf));
  const nonces = new Set(ofKind(history, 'answered').map(({ nonce }) => nonce));
  const violations: Violation[] = [];
  for (const [taskId, path] of eventsByTask(events)) {
    const used = new Set<string>();
    for (const [index, { type, attempt, data }] of path.entries()) {
      const nonce = data?.error?.message;
      if (nonce === undefined || !nonces.has(nonce)) continue;
      const failed = type === 'retrying' ? (path[index - 1]?.attempt ?? 0) : attempt;
      if (used.has(nonce)) {
        violations.push({ promise: 'P4', harm: 'twice', what: `${taskId} took the answer ${nonce} twice` });
      } else if (!answers.has(nameOf({ taskId, attempt: failed, nonce }))) {
        violations.push({
          promise: 'P3',
          harm: 'other',
          what: `${taskId} took ${nonce} for attempt ${failed}`,
        });
      }
      used.add(nonce);
    }
  }
  return violations;
}

function nameOf({ taskId, attempt, nonce }: { taskId: string; attempt: number; nonce: string }): string {
  return `${taskId} ${attempt} ${nonce}`;
}
