/** What a task can be. `scheduled`, `queued` and `running` are open; the others end it. */
export const TASK_STATUSES = [
  'scheduled',
  'queued',
  'running',
  'succeeded',
  'failed',
  'dead_lettered',
  'cancelled',
  'expired',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

const OPEN: ReadonlySet<TaskStatus> = new Set(['scheduled', 'queued', 'running']);

/** Whether the task still has work or a deadline ahead of it. */
export function isOpen(status: TaskStatus): boolean {
  return OPEN.has(status);
}

/** The steps of a task's history; docs/states.md tells who writes which. */
export const TASK_EVENT_TYPES = [
  'submitted',
  'queued',
  'dispatched',
  'running',
  'progress',
  'succeeded',
  'failed',
  'retrying',
  'dead_lettered',
  'redriven',
  'cancelled',
  'expired',
] as const;
export type TaskEventType = (typeof TASK_EVENT_TYPES)[number];

/** Why a task failed. `stack` and `code` only where the worker gave them. */
export interface TaskError {
  type: string;
  message: string;
  stack?: string;
  code?: string;
}
