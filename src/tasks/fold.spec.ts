import type { Fact } from './facts.js';
import { fold, type FoldContext, type LockedTask, type TaskChange } from './fold.js';
import { mayHappen, TRANSITIONS } from './state-table.js';
import { isOpen, TASK_EVENT_TYPES, TASK_STATUSES, type TaskStatus } from './task-state.js';

const CREATED = new Date('2026-01-01T00:00:00.000Z');
const ATTEMPT_AT = new Date('2026-01-01T00:01:00.000Z');
const NOW = new Date('2026-01-01T00:02:00.000Z');
const EXPIRES = new Date('2026-01-08T00:00:00.000Z');

function task(over: Partial<LockedTask> = {}): LockedTask {
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

function context(over: Partial<FoldContext['rules']> = {}): FoldContext {
  const retry = { backoffSeconds: 5, factor: 2, maxSeconds: 300 };
  return { now: NOW, rules: { retry, attemptTimeoutSeconds: null, ...over }, random: () => 1 };
}

const success = (over: Partial<Extract<Fact, { kind: 'report' }>> = {}): Fact => ({
  kind: 'report',
  report: { status: 'succeeded', result: '{"n":9007199254740993}', message: null },
  attempt: null,
  at: NOW,
  ...over,
});

const redriven = (attempt: number | null, changes: string | null = null): Fact => ({
  kind: 'redriven',
  by: 'bob',
  deadLetterId: 'l',
  attempt,
  changes,
});

const failure = (retryable: boolean, over: Partial<Extract<Fact, { kind: 'report' }>> = {}): Fact => ({
  kind: 'report',
  report: { status: 'failed', error: { type: 'E', message: 'm' }, retryable, message: null },
  attempt: null,
  at: NOW,
  ...over,
});

const running = (progress: number | null, message: string | null = null): Fact => ({
  kind: 'report',
  report: { status: 'running', progress, message },
  attempt: null,
  at: NOW,
});

const letter = (attempt: number | null): Fact => ({
  kind: 'dead-lettered',
  deadLetterId: 'letter',
  error: { type: 'E', message: 'm' },
  attempt,
  at: NOW,
});

const FACTS: Fact[] = [
  success(),
  success({ attempt: 1 }),
  success({ attempt: 2 }),
  failure(true),
  failure(false),
  failure(true, { attempt: 2 }),
  running(10),
  { kind: 'due' },
  { kind: 'timed-out', attempt: 1 },
  { kind: 'timed-out', attempt: 2 },
  { kind: 'claimed', attempt: 1, lease: { worker: 'w', seconds: 60 } },
  { kind: 'claimed', attempt: 2, lease: { worker: null, seconds: 60 } },
  { kind: 'released', attempt: 1 },
  { kind: 'released', attempt: 2 },
  { kind: 'lease-lost', attempt: 1 },
  { kind: 'lease-lost', attempt: 2 },
  { kind: 'expired' },
  { kind: 'cancelled', by: 'bob' },
  { kind: 'retried', by: 'bob' },
  redriven(1),
  redriven(2),
  redriven(null),
  letter(1),
  letter(2),
  letter(null),
];

describe('every fact', () => {
  /** With each attempt and budget, for all facts. */
  function folded(status: TaskStatus): { name: string; before: LockedTask; change: TaskChange }[] {
    return [1, 2].flatMap((attempt) =>
      [0, 2].flatMap((attemptsUsed) =>
        FACTS.map((fact) => {
          const before = task({ status, attempt, attemptsUsed, attemptAt: ATTEMPT_AT });
          const name = `${JSON.stringify(fact)} at attempt ${attempt} with ${attemptsUsed} used`;
          return { name, before, change: fold(before, [fact], context()) };
        }),
      ),
    );
  }

  it.each(TASK_STATUSES)('that meets a task that is %s writes only steps of the state table', (from) => {
    for (const { name, before, change } of folded(from)) {
      const { task: after, events, outcomes, dispatch } = change;
      let { status, attempt, seq } = before;
      for (const event of events) {
        const isOfTable =
          mayHappen(event.type, status, attempt) && TRANSITIONS[event.type].to.includes(event.status);
        expect({ name, isOfTable, seq: event.seq }).toEqual({ name, isOfTable: true, seq: ++seq });
        ({ status, attempt } = event);
      }
      expect({ name, ...after }).toMatchObject({ name, status, attempt, seq });
      expect({ name, outcomes }).toMatchObject({ name, outcomes: [{}] });
      if (outcomes[0]?.outcome === 'ignored')
        expect({ name, events, after, dispatch }).toEqual({
          name,
          events: [],
          after: before,
          dispatch: { kind: 'keep' },
        });
    }
  });

  it.each(TASK_STATUSES)('ends the dispatch of a task that is %s exactly when the task ends', (from) => {
    for (const { name, before, change } of folded(from)) {
      const { task: after, dispatch } = change;
      const ends = isOpen(before.status) && !isOpen(after.status);
      const hasNewEnd = after.finishedAt !== before.finishedAt && after.finishedAt !== null;
      expect({ name, dispatchEnds: dispatch.kind === 'end', hasNewEnd }).toEqual({
        name,
        dispatchEnds: ends,
        hasNewEnd: ends,
      });
    }
  });

  it('leaves the caller’s task as it was', () => {
    const before = Object.freeze(task());
    fold(before, [running(1), success()], context());
    expect(before).toEqual(task());
  });

  it('knows a rule for every event type', () => {
    expect(Object.keys(TRANSITIONS)).toEqual([...TASK_EVENT_TYPES]);
  });
});

describe('a task ends once', () => {
  it('ignores a second answer with the same outcome as a duplicate, another as too late', () => {
    const { outcomes, events } = fold(task(), [success(), success(), failure(false)], context());
    expect(outcomes).toEqual([
      { outcome: 'applied' },
      { outcome: 'ignored', reason: 'duplicate' },
      { outcome: 'ignored', reason: 'already_terminal' },
    ]);
    expect(events.map(({ type }) => type)).toEqual(['succeeded']);
  });

  it('ignores whatever names another attempt', () => {
    const { outcomes } = fold(
      task({ attempt: 2 }),
      [success({ attempt: 1 }), failure(true, { attempt: 3 })],
      context(),
    );
    expect(outcomes).toEqual([
      { outcome: 'ignored', reason: 'stale_attempt' },
      { outcome: 'ignored', reason: 'stale_attempt' },
    ]);
  });

  it('takes a success without an attempt for any attempt, also while the next one waits', () => {
    const waiting = task({ status: 'scheduled', attempt: 2, attemptAt: ATTEMPT_AT });
    const { task: after } = fold(waiting, [success({ at: CREATED })], context());
    expect(after).toMatchObject({ status: 'succeeded', progress: 100, finishedAt: NOW });
  });

  it('takes no answer for a task that was never queued', () => {
    const { outcomes } = fold(task({ status: 'scheduled' }), [success(), failure(false)], context());
    expect(outcomes).toEqual([
      { outcome: 'ignored', reason: 'stale_attempt' },
      { outcome: 'ignored', reason: 'stale_attempt' },
    ]);
  });

  it('takes a failure without an attempt for a later attempt only if it is younger than that', () => {
    const second = task({ attempt: 2, attemptAt: ATTEMPT_AT });
    expect(fold(second, [failure(false, { at: ATTEMPT_AT })], context()).outcomes[0]).toMatchObject({
      outcome: 'ignored',
    });
    expect(fold(second, [failure(false)], context()).task.status).toBe('failed');
  });
});

describe('the budget', () => {
  it('backs off exponentially, with jitter over the upper half, up to the limit', () => {
    const runAt = (used: number, random: number): number => {
      const before = task({ attemptsUsed: used, maxAttempts: 99 });
      const { task: after } = fold(before, [failure(true)], { ...context(), random: () => random });
      return ((after.runAt?.getTime() ?? 0) - NOW.getTime()) / 1000;
    };
    expect([runAt(0, 1), runAt(1, 1), runAt(2, 1), runAt(50, 1)]).toEqual([5, 10, 20, 300]);
    expect(runAt(0, 0)).toBe(2.5);
  });

  it('is queued again at once where the type has no back-off', () => {
    const rules = { retry: { backoffSeconds: 0, factor: 2, maxSeconds: 300 } };
    const { task: after, dispatch } = fold(task(), [failure(true)], context(rules));
    expect(after).toMatchObject({ status: 'queued', attempt: 2, runAt: null });
    expect(dispatch).toEqual({ kind: 'queue' });
  });

  it('fails when reported failures have used it up', () => {
    const { task: after, error } = fold(task({ attempt: 3, attemptsUsed: 2 }), [failure(true)], context());
    expect(after.status).toBe('failed');
    expect(error).toEqual({ type: 'E', message: 'm' });
  });

  it('is a dead letter when time limits have used it up', () => {
    const before = task({ attempt: 3, attemptsUsed: 2 });
    const { task: after, letter: made } = fold(before, [{ kind: 'timed-out', attempt: 3 }], context());
    expect(after.status).toBe('dead_lettered');
    expect(made).toMatchObject({ code: 'attempt_timeout' });
  });

  it('is renewed, like the expiry, by a person’s retry with the next attempt', () => {
    const before = task({ status: 'failed', attempt: 3, attemptsUsed: 3, progress: 40, finishedAt: NOW });
    const { task: after, events } = fold(before, [{ kind: 'retried', by: 'bob' }], context());
    expect(after).toMatchObject({
      status: 'queued',
      attempt: 4,
      attemptsUsed: 0,
      progress: 0,
      finishedAt: null,
    });
    expect(after.expiresAt.getTime()).toBe(NOW.getTime() + 604_800_000);
    expect(events[0]?.data).toBe('{"reason":"person","by":"bob"}');
  });

  it('is renewed, like the expiry, when the letter that the task died of is redriven', () => {
    const before = task({ status: 'dead_lettered', attempt: 2, attemptsUsed: 3, finishedAt: NOW });
    const changes = '[{"path":"value.n","to":9007199254740993}]';
    const { task: after, events } = fold(before, [redriven(2, changes)], context());
    expect(after).toMatchObject({ status: 'queued', attempt: 3, attemptsUsed: 0, finishedAt: null });
    expect(after.expiresAt.getTime()).toBe(NOW.getTime() + 604_800_000);
    expect(events[0]?.data).toBe(`{"by":"bob","deadLetterId":"l","changes":${changes}}`);
    expect(fold(before, [redriven(1)], context()).outcomes).toEqual([
      { outcome: 'ignored', reason: 'stale_attempt' },
    ]);
  });
});

describe('reports', () => {
  it('writes running, one progress and the end of one batch', () => {
    const facts = [running(10, 'a'), running(20), running(30, 'b'), success()];
    const { events, task: after } = fold(task(), facts, context());
    expect(events.map(({ type, data, result }) => ({ type, data, result }))).toEqual([
      { type: 'running', data: '{"progress":10,"message":"a"}', result: null },
      { type: 'progress', data: '{"progress":30,"message":"b"}', result: null },
      { type: 'succeeded', data: null, result: '{"n":9007199254740993}' },
    ]);
    expect(after).toMatchObject({ startedAt: NOW, progress: 100, message: 'b' });
  });

  it('never lets progress fall, and writes nothing for a report that says nothing new', () => {
    const {
      events,
      task: after,
      outcomes,
    } = fold(task({ status: 'running', progress: 50 }), [running(40)], context());
    expect(events).toEqual([]);
    expect(after.progress).toBe(50);
    expect(outcomes).toEqual([{ outcome: 'applied' }]);
  });

  it('renews the time limit of its type, up to the expiry', () => {
    const limit = (seconds: number) =>
      fold(task(), [running(1)], context({ attemptTimeoutSeconds: seconds })).dispatch;
    expect(limit(60)).toEqual({ kind: 'in-work', dueAt: new Date(NOW.getTime() + 60_000) });
    expect(limit(10_000_000)).toEqual({ kind: 'in-work', dueAt: EXPIRES });
  });

  it('never dates an event before the one ahead of it', () => {
    const later = new Date(NOW.getTime() + 1_000);
    expect(fold(task({ updatedAt: later }), [running(1)], context()).events[0]?.at).toEqual(later);
  });
});

describe('a claim', () => {
  const claim = (seconds: number): Fact => ({ kind: 'claimed', attempt: 1, lease: { worker: 'w', seconds } });

  it('tells in the history who has the task and until when, and leaves it queued', () => {
    const { events, task: after, dispatch } = fold(task(), [claim(60)], context());
    const dueAt = new Date(NOW.getTime() + 60_000);
    expect(events).toMatchObject([
      { type: 'dispatched', data: `{"worker":"w","leaseExpiresAt":"${dueAt.toISOString()}"}` },
    ]);
    expect(after).toMatchObject({ status: 'queued', attempt: 1, attemptsUsed: 0 });
    expect(dispatch).toEqual({ kind: 'lease', dueAt, lease: { worker: 'w', seconds: 60 } });
  });

  it('lasts no longer than the task, nor than its type lets an attempt be silent', () => {
    const dueAt = (rules = {}) => {
      const { dispatch } = fold(task(), [claim(10_000_000)], context(rules));
      return 'dueAt' in dispatch ? dispatch.dueAt : null;
    };
    expect(dueAt()).toEqual(EXPIRES);
    expect(dueAt({ attemptTimeoutSeconds: 30 })).toEqual(new Date(NOW.getTime() + 30_000));
  });

  it.each(['queued', 'running'] as const)(
    'that is released while %s makes the next attempt for nothing',
    (status) => {
      const before = task({ status, attemptsUsed: 2, progress: 40 });
      const { task: after, events, dispatch } = fold(before, [{ kind: 'released', attempt: 1 }], context());
      expect(after).toMatchObject({
        status: 'queued',
        attempt: 2,
        attemptsUsed: 2,
        progress: 0,
        runAt: null,
      });
      expect(events).toMatchObject([{ type: 'retrying', data: '{"reason":"released"}' }]);
      expect(dispatch).toEqual({ kind: 'queue' });
    },
  );

  it('that is lost makes the next attempt at once, and uses one up', () => {
    const { task: after, events, dispatch } = fold(task(), [{ kind: 'lease-lost', attempt: 1 }], context());
    expect(after).toMatchObject({ status: 'queued', attempt: 2, attemptsUsed: 1, runAt: null });
    expect(JSON.parse(events[0]?.data ?? '')).toMatchObject({
      reason: 'lease_lost',
      error: { code: 'lease_lost' },
    });
    expect(dispatch).toEqual({ kind: 'queue' });
  });

  it('that is lost at the end of the budget makes a dead letter', () => {
    const before = task({ attemptsUsed: 2 });
    const { task: after, letter: made } = fold(before, [{ kind: 'lease-lost', attempt: 1 }], context());
    expect(after.status).toBe('dead_lettered');
    expect(made).toMatchObject({ type: 'LeaseLost', code: 'lease_lost' });
  });

  it('cannot be released or lost once the task is over', () => {
    for (const kind of ['released', 'lease-lost'] as const) {
      const { outcomes, events } = fold(task({ status: 'failed' }), [{ kind, attempt: 1 }], context());
      expect([outcomes, events]).toEqual([[{ outcome: 'ignored', reason: 'already_terminal' }], []]);
    }
  });
});
