import {
  ATTEMPT_AT,
  CREATED,
  NOW,
  context,
  failure,
  letter,
  redriven,
  running,
  success,
  task,
} from '../../test/support/fold-facts.js';
import type { Fact } from './facts.js';
import { fold, type LockedTask, type TaskChange } from './fold.js';
import { mayHappen, TRANSITIONS } from './state-table.js';
import { isOpen, TASK_EVENT_TYPES, TASK_STATUSES, type TaskStatus } from './task-state.js';

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

describe('what happens to one attempt', () => {
  const ofAttempt = (attempt: number): Fact[] => [
    { kind: 'timed-out', attempt },
    { kind: 'claimed', attempt, lease: { worker: 'w', seconds: 60 } },
    { kind: 'released', attempt },
    { kind: 'lease-lost', attempt },
    letter(attempt),
    failure(true, { attempt }),
    success({ attempt }),
  ];

  it.each([1, 3])('says nothing of attempt 2, if it speaks of attempt %i', (attempt) => {
    for (const fact of ofAttempt(attempt)) {
      const { outcomes, events } = fold(task({ attempt: 2 }), [fact], context());
      expect({ fact, outcomes, events }).toEqual({
        fact,
        outcomes: [{ outcome: 'ignored', reason: 'stale_attempt' }],
        events: [],
      });
    }
  });

  it('says nothing of a task that is over', () => {
    for (const fact of ofAttempt(1).slice(0, 5)) {
      const { outcomes } = fold(task({ status: 'cancelled' }), [fact], context());
      expect({ fact, outcomes }).toEqual({
        fact,
        outcomes: [{ outcome: 'ignored', reason: 'already_terminal' }],
      });
    }
  });

  it('counts if it names the current attempt', () => {
    for (const fact of ofAttempt(2)) {
      const { outcomes, events } = fold(task({ attempt: 2 }), [fact], context());
      expect({ fact, outcomes, steps: events.length }).toEqual({
        fact,
        outcomes: [{ outcome: 'applied' }],
        steps: 1,
      });
    }
  });

  it('counts without its number for the first attempt, and for a later one if it is younger than that', () => {
    const outcomeOf = (attempt: number, at: Date, fact: Fact) =>
      fold(task({ attempt, attemptAt: ATTEMPT_AT }), [{ ...fact, at } as Fact], context()).outcomes[0];
    for (const fact of [letter(null), failure(false), running(10)]) {
      expect(outcomeOf(1, CREATED, fact)).toEqual({ outcome: 'applied' });
      expect(outcomeOf(2, CREATED, fact)).toEqual({ outcome: 'ignored', reason: 'stale_attempt' });
      expect(outcomeOf(2, ATTEMPT_AT, fact)).toEqual({ outcome: 'ignored', reason: 'stale_attempt' });
      expect(outcomeOf(2, NOW, fact)).toEqual({ outcome: 'applied' });
    }
  });

  it('is not known of a letter without a number and a time, after the first attempt', () => {
    const fact: Fact = { ...letter(null), at: null } as Fact;
    expect(fold(task({ attempt: 2 }), [fact], context()).outcomes).toEqual([
      { outcome: 'ignored', reason: 'stale_attempt' },
    ]);
  });

  it('is over while the next attempt waits: a report of work is too late', () => {
    const waiting = task({ status: 'scheduled', attempt: 2, attemptAt: ATTEMPT_AT });
    expect(fold(waiting, [running(10)], context())).toMatchObject({
      outcomes: [{ outcome: 'ignored', reason: 'stale_attempt' }],
      dispatch: { kind: 'keep' },
      task: waiting,
    });
  });
});

describe('a scheduled task', () => {
  it('is queued when it is due, to be sent', () => {
    const {
      events,
      dispatch,
      task: after,
    } = fold(task({ status: 'scheduled' }), [{ kind: 'due' }], context());
    expect(events).toMatchObject([{ type: 'queued', status: 'queued', data: null }]);
    expect([dispatch, after.status]).toEqual([{ kind: 'queue' }, 'queued']);
  });

  it('becomes due once', () => {
    expect(fold(task(), [{ kind: 'due' }], context()).outcomes).toEqual([
      { outcome: 'ignored', reason: 'stale_attempt' },
    ]);
    expect(fold(task({ status: 'succeeded' }), [{ kind: 'due' }], context()).outcomes).toEqual([
      { outcome: 'ignored', reason: 'already_terminal' },
    ]);
  });
});

describe('a person’s retry', () => {
  it('is for tasks that are over: of an open one it says that it is too early, of a good or cancelled one that it is over', () => {
    const outcomeOf = (status: TaskStatus) =>
      fold(task({ status }), [{ kind: 'retried', by: 'bob' }], context()).outcomes[0];
    for (const status of ['scheduled', 'queued', 'running'] as const)
      expect(outcomeOf(status)).toEqual({ outcome: 'ignored', reason: 'stale_attempt' });
    for (const status of ['succeeded', 'cancelled'] as const)
      expect(outcomeOf(status)).toEqual({ outcome: 'ignored', reason: 'already_terminal' });
    for (const status of ['failed', 'dead_lettered', 'expired'] as const)
      expect(outcomeOf(status)).toEqual({ outcome: 'applied' });
  });

  it('has the task sent at once, as one that nobody has begun', () => {
    const before = task({ status: 'expired', runAt: CREATED, startedAt: CREATED, finishedAt: NOW });
    const { task: after, dispatch, events } = fold(before, [{ kind: 'retried', by: 'bob' }], context());
    expect(after).toMatchObject({
      attempt: 2,
      attemptAt: NOW,
      runAt: null,
      startedAt: null,
      finishedAt: null,
    });
    expect(dispatch).toEqual({ kind: 'queue' });
    expect(events).toMatchObject([{ type: 'retrying', status: 'queued', attempt: 2 }]);
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
    expect(after).toMatchObject({ status: 'dead_lettered', attempt: 3, attemptsUsed: 3 });
    expect(made).toMatchObject({ code: 'attempt_timeout' });
  });

  it('is used up by time limits, each of which backs off and says what was not heard for how long', () => {
    const rules = { attemptTimeoutSeconds: 60 };
    const {
      task: after,
      events,
      dispatch,
      letter: made,
    } = fold(task(), [{ kind: 'timed-out', attempt: 1 }], context(rules));
    const runAt = new Date(NOW.getTime() + 5_000);
    expect(after).toMatchObject({ status: 'scheduled', attempt: 2, attemptsUsed: 1, runAt });
    expect([dispatch, made]).toEqual([{ kind: 'schedule', dueAt: runAt }, null]);
    expect(JSON.parse(events[0]?.data ?? '')).toEqual({
      reason: 'time_limit',
      error: {
        type: 'AttemptTimeout',
        message: 'nothing was heard of attempt 1 for 60 s',
        code: 'attempt_timeout',
      },
      runAt: runAt.toISOString(),
    });
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
