import type { Bug } from './bug.js';

/** Mistakes in the state table, the fold, and what writes tasks. */
export const TASK_BUGS: Bug[] = [
  {
    name: 'attempt-not-checked',
    about: 'a result counts for whatever attempt is the current one',
    file: 'tasks/fold.ts',
    find: "if (attempt !== null && attempt !== this.task.attempt) return ignored('stale_attempt');",
    replace: '',
    fault: 'none',
  },
  {
    name: 'table-not-asked',
    about: 'what happens to a task is not looked up in the state table',
    file: 'tasks/state-table.ts',
    find: 'if (transition.from.includes(from)) return true;',
    replace: 'if (from !== null) return true;',
    fault: 'none',
  },
  {
    name: 'answers-after-the-end',
    about: 'the end of a task does not refuse later answers, nor does the table',
    file: 'tasks/fold.ts',
    find: '    if (!isOpen(this.task.status)) {\n      return ignored',
    replace:
      "    if (report.status === 'failed') return this.failure(report), APPLIED;\n    if (!isOpen(this.task.status)) {\n      return ignored",
    fault: 'none',
  },
  {
    name: 'same-attempt-again',
    about: 'a retry does not begin a new attempt',
    file: 'tasks/fold.ts',
    find: 'this.task.attempt++;',
    replace: '',
    fault: 'none',
  },
  {
    name: 'no-lock-in-fold',
    about: 'tasks are read without a lock, folded, and written',
    file: 'tasks/task.repository.ts',
    find: 'skipLocked ? `${LOCK} SKIP LOCKED` : LOCK',
    replace: "skipLocked || true ? LOCK.replace('FOR NO KEY UPDATE', '') : LOCK",
    fault: 'none',
  },
  {
    name: 'dispatch-stays',
    about: 'a task that has ended keeps its dispatch',
    file: 'tasks/task-writer.ts',
    find: "const ended = changes.filter(({ dispatch }) => dispatch.kind === 'end');",
    replace: "const ended = changes.filter(({ dispatch }) => dispatch.kind === 'end').slice(1);",
    fault: 'none',
  },
  {
    name: 'keys-forgotten',
    about: 'a submission that comes twice with one idempotency key makes two tasks',
    file: 'tasks/submission.repository.ts',
    find: 'if (rows.length === 0) return [];',
    replace: 'if (rows.length >= 0) return [];',
    fault: 'none',
  },
  {
    name: 'commits-not-flushed',
    about: 'a 202 is given before the commit is on the disk',
    file: 'database/planner.ts',
    find: "enable_mergejoin: 'off' };",
    replace: "enable_mergejoin: 'off', synchronous_commit: 'off' };",
    fault: 'postgres-restart',
  },
];
