import { randomUUID } from 'node:crypto';

/** What a payload says that its worker should do with it. */
export const DEEDS = [
  'succeed',
  'twice',
  'contradict',
  'stale',
  'retry',
  'fail',
  'fail-again',
  'report',
  'slow',
] as const;
/** Only of tasks on topics. */
export const TOPIC_DEEDS = [...DEEDS, 'dead-letter'] as const;
/** Only of tasks that are claimed. */
export const CLAIM_DEEDS = [...DEEDS, 'die', 'race'] as const;

/** A task as its worker got it. */
export interface Work {
  taskId: string;
  attempt: number;
  deed: string;
}

/** A result record, and the attempt and nonce that it speaks of. */
export interface Answer {
  attempt: number;
  nonce: string;
  body: object;
}

const SLOW_MS = 400;

/** How long the worker takes, in milliseconds. */
export function durationOf({ deed }: Work): number {
  return deed === 'slow' ? SLOW_MS : 0;
}

/** Whether the answers are sent at the same time, by different ways. */
export function areRacing({ deed }: Work): boolean {
  return deed === 'race';
}

/** The results that a worker sends, in order. By the second attempt all but those that race have succeeded. */
export function answersTo(work: Work): Answer[] {
  const { attempt, deed } = work;
  const isFirst = attempt === 1;
  switch (deed) {
    case 'twice':
      return [done(work), done(work)];
    case 'contradict':
    case 'race':
      return [done(work), failed(work, false)];
    case 'stale':
      return isFirst ? [failed(work, true)] : [done({ ...work, attempt: attempt - 1 }), done(work)];
    case 'retry':
      return [isFirst ? failed(work, true) : done(work)];
    case 'fail':
      return [isFirst ? failed(work, false) : done(work)];
    case 'fail-again':
      return isFirst ? [failed(work, false), failed(work, true)] : [done(work)];
    case 'report':
      return [running(work, 10), running(work, 60), done(work)];
    case 'die':
      return isFirst ? [] : [done(work)];
    default:
      return [done(work)];
  }
}

function done({ taskId, attempt }: Work): Answer {
  const nonce = randomUUID();
  return { attempt, nonce, body: { taskId, attempt, status: 'DONE', nonce } };
}

function failed({ taskId, attempt }: Work, retryable: boolean): Answer {
  const nonce = randomUUID();
  const error = { type: 'Failure', message: nonce, retryable };
  return { attempt, nonce, body: { taskId, attempt, status: 'FAILED', error } };
}

function running({ taskId, attempt }: Work, progress: number): Answer {
  return { attempt, nonce: randomUUID(), body: { taskId, attempt, status: 'RUNNING', progress } };
}
