import type { Fact } from '../../src/tasks/facts.js';
import type { FoldContext, LockedTask } from '../../src/tasks/fold.js';

/** When the task of the tests was accepted. */
export const CREATED = new Date('2026-01-01T00:00:00.000Z');
/** When a later attempt began. */
export const ATTEMPT_AT = new Date('2026-01-01T00:01:00.000Z');
/** The time of the fold. */
export const NOW = new Date('2026-01-01T00:02:00.000Z');
/** A week after it was accepted. */
export const EXPIRES = new Date('2026-01-08T00:00:00.000Z');

/** A task that waits for its first answer. */
export function task(over: Partial<LockedTask> = {}): LockedTask {
  return {
    id: '01900000-0000-7000-8000-000000000001',
    type: 'default',
    status: 'queued',
    attempt: 1,
    maxAttempts: 3,
    attemptsUsed: 0,
    owner: 'alice',
    orderingKey: null,
    correlationId: null,
    progress: 0,
    message: 'Task Received',
    seq: 1,
    createdAt: CREATED,
    updatedAt: CREATED,
    attemptAt: CREATED,
    runAt: null,
    expiresAt: EXPIRES,
    expiresInSeconds: 604_800,
    startedAt: null,
    finishedAt: null,
    ...over,
  };
}

/** Jitter at its most: a back-off of 5 s. */
export function context(over: Partial<FoldContext['rules']> = {}): FoldContext {
  const retry = { backoffSeconds: 5, factor: 2, maxSeconds: 300 };
  return { now: NOW, rules: { retry, attemptTimeoutSeconds: null, ...over }, random: () => 1 };
}

/** A worker’s answer, by default without the attempt. */
export const success = (over: Partial<Extract<Fact, { kind: 'report' }>> = {}): Fact => ({
  kind: 'report',
  report: { status: 'succeeded', result: '{"n":9007199254740993}', message: null },
  attempt: null,
  at: NOW,
  ...over,
});

/** The letter of an attempt was sent again. */
export const redriven = (attempt: number | null, changes: string | null = null): Fact => ({
  kind: 'redriven',
  by: 'bob',
  deadLetterId: 'l',
  attempt,
  changes,
});

/** A worker has failed, by default without the attempt. */
export const failure = (retryable: boolean, over: Partial<Extract<Fact, { kind: 'report' }>> = {}): Fact => ({
  kind: 'report',
  report: { status: 'failed', error: { type: 'E', message: 'm' }, retryable, message: null },
  attempt: null,
  at: NOW,
  ...over,
});

/** A worker tells how far it is. */
export const running = (progress: number | null, message: string | null = null): Fact => ({
  kind: 'report',
  report: { status: 'running', progress, message },
  attempt: null,
  at: NOW,
});

/** The request of an attempt is a dead letter. */
export const letter = (attempt: number | null): Fact => ({
  kind: 'dead-lettered',
  deadLetterId: 'letter',
  error: { type: 'E', message: 'm' },
  attempt,
  at: NOW,
});
