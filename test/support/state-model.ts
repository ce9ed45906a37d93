import type { Fact } from '../../src/tasks/facts.js';
import type { LockedTask } from '../../src/tasks/fold.js';
import type { TaskEventType, TaskStatus } from '../../src/tasks/task-state.js';

/** What the model knows of a task. */
export type ModelTask = Pick<
  LockedTask,
  'status' | 'attempt' | 'attemptsUsed' | 'maxAttempts' | 'progress' | 'message' | 'attemptAt'
>;

/** One step of a history. */
export interface ModelStep {
  type: TaskEventType;
  status: TaskStatus;
  attempt: number;
}

type From = TaskStatus | 'nothing' | 'back-off';

const OPEN: From[] = ['scheduled', 'back-off', 'queued', 'running'];

/**
 * The states of a task as docs/states.md has them, written down a second time so that the code has something to differ
 * from. `back-off` is `scheduled` after the first attempt.
 */
const STEPS: Record<TaskEventType, { from: From[]; to: TaskStatus[]; nextAttempt?: true }> = {
  submitted: { from: ['nothing'], to: ['queued', 'scheduled'] },
  queued: { from: ['scheduled', 'back-off'], to: ['queued'] },
  dispatched: { from: ['queued'], to: ['queued'] },
  running: { from: ['queued'], to: ['running'] },
  progress: { from: ['running'], to: ['running'] },
  succeeded: { from: ['queued', 'running', 'back-off'], to: ['succeeded'] },
  failed: { from: ['queued', 'running', 'back-off'], to: ['failed'] },
  retrying: {
    from: ['queued', 'running', 'failed', 'dead_lettered', 'expired'],
    to: ['queued', 'scheduled'],
    nextAttempt: true,
  },
  dead_lettered: { from: ['queued', 'running'], to: ['dead_lettered'] },
  redriven: { from: ['dead_lettered'], to: ['queued'], nextAttempt: true },
  cancelled: { from: OPEN, to: ['cancelled'] },
  expired: { from: OPEN, to: ['expired'] },
};

/** Whether a step may follow another; `null` is before the first. */
export function follows(before: Omit<ModelStep, 'type'> | null, step: ModelStep): boolean {
  const { from, to, nextAttempt } = STEPS[step.type];
  const attempt = before === null ? 1 : before.attempt + (nextAttempt ? 1 : 0);
  return from.includes(standing(before)) && to.includes(step.status) && step.attempt === attempt;
}

/** Whether a status is open. */
export function isOpenInModel(status: TaskStatus): boolean {
  return OPEN.includes(status);
}

/** What a fact has to make of a task; `null` if nothing that its history tells. */
export function nextStep(task: ModelTask, fact: Fact, hasBackOff: boolean): ModelStep | null {
  const wanted = wantedStep(task, fact, hasBackOff);
  if (wanted === null || !isFactOfAttempt(task, fact)) return null;
  const attempt = task.attempt + (STEPS[wanted.type].nextAttempt ? 1 : 0);
  const step = { ...wanted, attempt };
  return follows(task, step) ? step : null;
}

/** The task after a step. */
export function afterStep(task: ModelTask, fact: Fact, step: ModelStep, now: Date): ModelTask {
  const { type, status, attempt } = step;
  const begins = attempt > task.attempt;
  const isByPerson = fact.kind === 'retried' || fact.kind === 'redriven';
  const costs = fact.kind === 'timed-out' || fact.kind === 'lease-lost' || isFailure(fact);
  const reported = fact.kind === 'report' && fact.report.status === 'running' ? fact.report.progress : null;
  const said = fact.kind === 'report' ? fact.report.message : null;
  const progress = type === 'succeeded' ? 100 : Math.max(task.progress, reported ?? 0);
  return {
    ...task,
    status,
    attempt,
    attemptAt: begins ? now : task.attemptAt,
    attemptsUsed: isByPerson ? 0 : task.attemptsUsed + (costs ? 1 : 0),
    progress: begins ? 0 : progress,
    message: said ?? task.message,
  };
}

function standing(before: Omit<ModelStep, 'type'> | null): From {
  if (before === null) return 'nothing';
  return before.status === 'scheduled' && before.attempt > 1 ? 'back-off' : before.status;
}

function wantedStep(task: ModelTask, fact: Fact, hasBackOff: boolean): Omit<ModelStep, 'attempt'> | null {
  const isLast = task.attemptsUsed + 1 >= task.maxAttempts;
  const backOff = { type: 'retrying', status: hasBackOff ? 'scheduled' : 'queued' } as const;
  switch (fact.kind) {
    case 'report':
      if (fact.report.status === 'failed') return fact.report.retryable && !isLast ? backOff : ends('failed');
      return fact.report.status === 'succeeded' ? ends('succeeded') : reportStep(task, fact.report);
    case 'due':
      return { type: 'queued', status: 'queued' };
    case 'claimed':
      return { type: 'dispatched', status: 'queued' };
    case 'timed-out':
      return isLast ? ends('dead_lettered') : backOff;
    case 'lease-lost':
      return isLast ? ends('dead_lettered') : { type: 'retrying', status: 'queued' };
    case 'released':
      return isOpenInModel(task.status) ? { type: 'retrying', status: 'queued' } : null;
    case 'retried':
      return isOpenInModel(task.status) ? null : { type: 'retrying', status: 'queued' };
    case 'redriven':
      return { type: 'redriven', status: 'queued' };
    case 'dead-lettered':
      return ends('dead_lettered');
    case 'cancelled':
    case 'expired':
      return ends(fact.kind);
  }
}

function reportStep(
  { status, ...task }: ModelTask,
  { progress, message }: { progress: number | null; message: string | null },
): Omit<ModelStep, 'attempt'> | null {
  if (status === 'queued') return { type: 'running', status: 'running' };
  const isNews = (progress ?? 0) > task.progress || (message ?? task.message) !== task.message;
  return isNews ? { type: 'progress', status: 'running' } : null;
}

function ends(
  status: 'succeeded' | 'failed' | 'dead_lettered' | 'cancelled' | 'expired',
): Omit<ModelStep, 'attempt'> {
  return { type: status, status };
}

/** An attempt that is named has to be the current one; without a name, the record's time may have to tell. */
function isFactOfAttempt(task: ModelTask, fact: Fact): boolean {
  // What happens to an attempt, happens while the task is open; only people act on tasks that are over.
  if (fact.kind !== 'retried' && fact.kind !== 'redriven' && !isOpenInModel(task.status)) return false;
  if (!('attempt' in fact)) return true;
  if (fact.attempt !== null) return fact.attempt === task.attempt;
  const isAnyAttempts =
    fact.kind === 'redriven' || (fact.kind === 'report' && fact.report.status === 'succeeded');
  if (isAnyAttempts || task.attempt === 1) return true;
  return 'at' in fact && fact.at !== null && fact.at > task.attemptAt;
}

function isFailure(fact: Fact): boolean {
  return fact.kind === 'report' && fact.report.status === 'failed';
}
