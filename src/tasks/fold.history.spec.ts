import {
  ATTEMPT_AT,
  CREATED,
  EXPIRES,
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
import { fold } from './fold.js';

describe('the history', () => {
  it('tells who cancelled a task, and nothing more of one that expired', () => {
    const cancelled = fold(task(), [{ kind: 'cancelled', by: 'bob' }], context());
    expect(cancelled.events).toMatchObject([{ type: 'cancelled', data: '{"by":"bob"}', result: null }]);
    expect(cancelled).toMatchObject({ error: null, result: null, letter: null });
    expect(fold(task(), [{ kind: 'expired' }], context()).events).toMatchObject([
      { type: 'expired', data: null },
    ]);
  });

  it('names task, owner, attempt and time in each event', () => {
    const { events } = fold(task({ status: 'running', attempt: 2, seq: 7 }), [success()], context());
    expect(events).toEqual([
      {
        taskId: task().id,
        seq: 8,
        type: 'succeeded',
        status: 'succeeded',
        attempt: 2,
        at: NOW,
        owner: 'alice',
        data: null,
        result: '{"n":9007199254740993}',
      },
    ]);
  });

  it('tells what a worker said at last, and keeps it', () => {
    const done = success({ report: { status: 'succeeded', result: '{}', message: 'all done' } });
    const { events, task: after, result } = fold(task(), [done], context());
    expect(events[0]?.data).toBe('{"message":"all done"}');
    expect([after.message, result]).toEqual(['all done', '{}']);
    const error = { type: 'E', message: 'm' };
    const broken = (retryable: boolean): Fact =>
      failure(retryable, { report: { status: 'failed', error, retryable, message: 'no luck' } });
    expect(fold(task(), [broken(false)], context())).toMatchObject({
      task: { message: 'no luck', attemptsUsed: 1 },
      error,
      letter: null,
      events: [{ type: 'failed', data: JSON.stringify({ error, message: 'no luck' }) }],
    });
    const [again] = fold(task(), [broken(true)], context()).events;
    expect(JSON.parse(again?.data ?? '{}')).toMatchObject({ error, message: 'no luck' });
    expect(fold(task({ message: 'half' }), [failure(false), success()], context()).task.message).toBe('half');
  });

  it('tells why there is a next attempt, and when, if it has to wait', () => {
    const runAt = new Date(NOW.getTime() + 5_000);
    const {
      events,
      dispatch,
      task: after,
    } = fold(task({ progress: 40, startedAt: CREATED }), [failure(true)], context());
    const error = { type: 'E', message: 'm' };
    expect(events).toMatchObject([
      { type: 'retrying', attempt: 2, data: JSON.stringify({ reason: 'failure', error, runAt }) },
    ]);
    expect(dispatch).toEqual({ kind: 'schedule', dueAt: runAt });
    expect(after).toMatchObject({ runAt, attemptAt: NOW, progress: 0, startedAt: null, updatedAt: NOW });
  });

  it('tells the letter that a task died of', () => {
    const { events, error, letter: made } = fold(task(), [letter(1)], context());
    const cause = { type: 'E', message: 'm' };
    expect(events).toMatchObject([
      { type: 'dead_lettered', data: JSON.stringify({ error: cause, deadLetterId: 'letter' }) },
    ]);
    expect([error, made]).toEqual([cause, null]);
  });

  it('tells nothing of changes where a letter was redriven as it was', () => {
    const dead = task({ status: 'dead_lettered', finishedAt: NOW });
    expect(fold(dead, [redriven(null)], context()).events[0]?.data).toBe('{"by":"bob","deadLetterId":"l"}');
  });

  it('never dates an event before the task’s last change, but as late as it is', () => {
    const at = (updatedAt: Date): Date | undefined =>
      fold(task({ updatedAt }), [{ kind: 'cancelled', by: 'bob' }], context()).events[0]?.at;
    expect(at(ATTEMPT_AT)).toEqual(NOW);
    expect(at(EXPIRES)).toEqual(EXPIRES);
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

  it('writes one progress of a batch, whatever was written before', () => {
    const before = task({ status: 'running', progress: 10 });
    const { events } = fold(before, [running(20), running(30), running(25, 'slowly')], context());
    expect(events).toMatchObject([{ type: 'progress', data: '{"progress":30,"message":"slowly"}' }]);
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
      error: {
        type: 'LeaseLost',
        message: 'the lease on attempt 1 was not renewed',
        code: 'lease_lost',
      },
    });
    expect(dispatch).toEqual({ kind: 'queue' });
  });

  it('that is lost at the end of the budget makes a dead letter', () => {
    const before = task({ attemptsUsed: 2 });
    const {
      task: after,
      letter: made,
      error,
      events,
    } = fold(before, [{ kind: 'lease-lost', attempt: 1 }], context());
    expect(after).toMatchObject({ status: 'dead_lettered', attemptsUsed: 3 });
    expect(made).toMatchObject({ type: 'LeaseLost', code: 'lease_lost' });
    expect(error).toEqual(made);
    expect(events).toMatchObject([{ type: 'dead_lettered', data: JSON.stringify({ error }) }]);
  });

  it('cannot be released or lost once the task is over', () => {
    for (const kind of ['released', 'lease-lost'] as const) {
      const { outcomes, events } = fold(task({ status: 'failed' }), [{ kind, attempt: 1 }], context());
      expect([outcomes, events]).toEqual([[{ outcome: 'ignored', reason: 'already_terminal' }], []]);
    }
  });
});
