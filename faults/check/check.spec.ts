import type { Dump, EventRow } from '../history/dump.js';
import type { Entry, Saw } from '../history/entries.js';
import { check } from './check.js';

const A = 'task-a';
const B = 'task-b';

function accepted(taskId: string, nonce: string): Entry {
  return { kind: 'accepted', owner: 'alice', taskId, nonce, type: 'wild', orderingKey: 'k' };
}

function handedOut(taskId: string, attempt: number): Entry {
  return { kind: 'handed-out', taskId, attempt, type: 'wild', orderingKey: 'k' };
}

function saw(follower: string, taskId: string, seq: number): Saw {
  return { kind: 'saw', follower, owner: 'alice', taskId, seq };
}

function event(taskId: string, seq: number, type: string, status: string, attempt: number): EventRow {
  return { taskId, seq, type, status, attempt, data: null };
}

/** Two tasks of one key; the first failed once, the second was cancelled. Nothing is wrong with them. */
function soundHistory(): Entry[] {
  return [
    accepted(A, 'first'),
    accepted(B, 'second'),
    { kind: 'followed', follower: 's1', owner: 'alice', channel: 'socket', taskId: A, after: 1 },
    { kind: 'followed', follower: 's2', owner: 'alice', channel: 'stream', taskId: A, after: 0 },
    handedOut(A, 1),
    { kind: 'answered', taskId: A, attempt: 1, nonce: 'failure' },
    handedOut(B, 1),
    { kind: 'commanded', command: 'cancel', taskId: B },
    handedOut(A, 2),
    { kind: 'answered', taskId: A, attempt: 2, nonce: 'success' },
    ...[2, 3, 4].map((seq) => saw('s1', A, seq)),
    ...[1, 2, 3, 4].map((seq) => saw('s2', A, seq)),
    { kind: 'poisoned', topic: 'results', key: null, value: 'bytes' },
    { kind: 'spied', owner: 'bob', taskId: A, status: 404 },
  ];
}

function soundDump(): Dump {
  const task = { type: 'wild', owner: 'alice' };
  return {
    tasks: [
      {
        ...task,
        id: A,
        status: 'succeeded',
        attempt: 2,
        seq: 4,
        payload: { nonce: 'first' },
        result: { nonce: 'success' },
      },
      {
        ...task,
        id: B,
        status: 'cancelled',
        attempt: 1,
        seq: 2,
        payload: { nonce: 'second' },
        result: null,
      },
    ],
    events: [
      event(A, 1, 'submitted', 'queued', 1),
      {
        ...event(A, 2, 'retrying', 'scheduled', 2),
        data: { reason: 'failure', error: { message: 'failure' } },
      },
      event(A, 3, 'queued', 'queued', 2),
      event(A, 4, 'succeeded', 'succeeded', 2),
      event(B, 1, 'submitted', 'queued', 1),
      event(B, 2, 'cancelled', 'cancelled', 1),
    ],
    letters: [{ kind: 'result', topic: 'results', key: null, value: 'bytes' }],
    dispatches: [],
  };
}

type Change = (history: Entry[], dump: Dump) => void;

/** The rows of the first and the second task. */
function rows({ tasks }: Dump): [Dump['tasks'][number], Dump['tasks'][number]] {
  const [first, second] = tasks;
  if (!first || !second) throw new Error('the sound dump has two tasks');
  return [first, second];
}

function without(history: Entry[], unwanted: (entry: Entry) => boolean): void {
  history.splice(0, history.length, ...history.filter((entry) => !unwanted(entry)));
}

describe('The checker of histories', () => {
  it('finds nothing in a sound one', () => {
    expect(check(soundHistory(), soundDump())).toEqual([]);
  });

  it('misses nothing in followers who had left before it came', () => {
    const history = soundHistory();
    without(history, (entry) => entry.kind === 'saw' && entry.seq === 4);
    history.push({ kind: 'left' });
    history.push({
      kind: 'followed',
      follower: 's1',
      owner: 'alice',
      channel: 'socket',
      taskId: A,
      after: 3,
    });
    expect(check(history, soundDump())).toMatchObject([{ promise: 'P7', harm: 'missed' }]);
    history.push(saw('s1', A, 4));
    expect(check(history, soundDump())).toEqual([]);
  });

  it('lets a stream stop at an end that was not the last word', () => {
    const history = soundHistory();
    history.push({
      kind: 'followed',
      follower: 's3',
      owner: 'alice',
      channel: 'stream',
      taskId: B,
      after: 0,
    });
    history.push(saw('s3', B, 1), saw('s3', B, 2), { kind: 'commanded', command: 'retry', taskId: A });
    const dump = soundDump();
    const [, second] = rows(dump);
    Object.assign(second, { status: 'succeeded', attempt: 2, seq: 4, result: { echo: { nonce: 'second' } } });
    dump.events.splice(
      4,
      2,
      event(B, 1, 'submitted', 'queued', 1),
      event(B, 2, 'dead_lettered', 'dead_lettered', 1),
      event(B, 3, 'redriven', 'queued', 2),
      event(B, 4, 'succeeded', 'succeeded', 2),
    );
    without(history, (entry) => entry.kind === 'commanded' && entry.command === 'cancel');
    expect(check(history, dump)).toEqual([]);
  });

  it.each<[string, string, Change]>([
    [
      'a task that was accepted and is gone',
      'P1 lost',
      (history) => history.push(accepted('task-c', 'third')),
    ],
    [
      'a task that is not what its client sent',
      'P1 lost',
      (_, dump) => {
        rows(dump)[1].payload = { nonce: 'another' };
      },
    ],
    [
      'a task that never ends',
      'P9 lost',
      (history, dump) => {
        without(history, (entry) => entry.kind === 'commanded');
        dump.events.pop();
        dump.events.push(event(B, 2, 'running', 'running', 1));
        Object.assign(rows(dump)[1], { status: 'running', seq: 2 });
        dump.dispatches.push(B);
      },
    ],
    ['a task that has ended and would be sent again', 'P3 other', (_, dump) => dump.dispatches.push(A)],
    [
      'a submission that made two tasks',
      'P4 twice',
      (_, dump) => {
        dump.tasks.push({ ...rows(dump)[1], id: 'task-c' });
        dump.events.push(
          event('task-c', 1, 'submitted', 'queued', 1),
          event('task-c', 2, 'cancelled', 'cancelled', 1),
        );
      },
    ],
    [
      'an attempt that ended twice',
      'P3 twice',
      (_, dump) => {
        dump.events.push(event(B, 3, 'cancelled', 'cancelled', 1));
        rows(dump)[1].seq = 3;
      },
    ],
    [
      'a step that the state table has not',
      'P3 twice',
      (history, dump) => {
        without(history, (entry) => entry.kind === 'commanded');
        dump.events.splice(-1, 1, event(B, 2, 'progress', 'cancelled', 1));
      },
    ],
    [
      'a next attempt without a step that begins one',
      'P3 twice',
      (_, dump) => {
        dump.events.splice(-1, 1, event(B, 2, 'cancelled', 'cancelled', 2));
        rows(dump)[1].attempt = 2;
      },
    ],
    [
      'an end that an answer took back',
      'P3 twice',
      (history, dump) => {
        dump.events.splice(1, 0, event(A, 2, 'failed', 'failed', 1));
        const own = dump.events.filter(({ taskId }) => taskId === A);
        for (const [index, one] of own.entries()) one.seq = index + 1;
        rows(dump)[0].seq = 5;
        history.push(saw('s1', A, 5), saw('s2', A, 5));
      },
    ],
    [
      'a hole in a history',
      'P3 twice',
      (_, dump) => {
        dump.events.splice(-1, 1, event(B, 3, 'cancelled', 'cancelled', 1));
        rows(dump)[1].seq = 3;
      },
    ],
    [
      'a task that stands elsewhere than its history ends',
      'P3 twice',
      (_, dump) => {
        rows(dump)[1].status = 'expired';
      },
    ],
    [
      'a result that belongs to another attempt',
      'P3 other',
      (history) => {
        without(history, (entry) => entry.kind === 'answered' && entry.nonce === 'success');
        history.push({ kind: 'answered', taskId: A, attempt: 1, nonce: 'success' });
      },
    ],
    [
      'a failure that belongs to another attempt',
      'P3 other',
      (history) => {
        without(history, (entry) => entry.kind === 'answered' && entry.nonce === 'failure');
        history.push({ kind: 'answered', taskId: A, attempt: 2, nonce: 'failure' });
      },
    ],
    [
      'an echo of another task',
      'P3 other',
      (_, dump) => {
        rows(dump)[0].result = { echo: { nonce: 'second' } };
      },
    ],
    [
      'first hand-outs in another order than acceptance',
      'P2 other',
      (history) => {
        without(history, (entry) => entry.kind === 'handed-out');
        history.push(handedOut(B, 1), handedOut(A, 1));
      },
    ],
    [
      'a follower that did not see the last event',
      'P7 missed',
      (history) => {
        without(history, (entry) => entry.kind === 'saw' && entry.follower === 's1' && entry.seq === 4);
      },
    ],
    [
      'a follower that saw a gap',
      'P7 missed',
      (history) => {
        without(history, (entry) => entry.kind === 'saw' && entry.follower === 's1' && entry.seq === 3);
      },
    ],
    ['a follower that saw an event twice', 'P7 missed', (history) => history.push(saw('s1', A, 4))],
    [
      'a stream that stopped before an end',
      'P7 missed',
      (history) => {
        without(history, (entry) => entry.kind === 'saw' && entry.follower === 's2' && entry.seq > 2);
      },
    ],
    [
      'a poison record without a letter',
      'P5 lost',
      (_, dump) => {
        dump.letters.pop();
      },
    ],
    [
      'a letter with other bytes',
      'P5 lost',
      (_, dump) => {
        dump.letters.splice(0, 1, { kind: 'other', topic: 'results', key: null, value: 'mangled' });
      },
    ],
    [
      'a good result that is a dead letter',
      'P6 other',
      (_, dump) => dump.letters.push({ kind: 'result', topic: 'results', key: null, value: 'good' }),
    ],
    [
      'a good answer that was refused over HTTP',
      'P6 other',
      (history) => history.push({ kind: 'rejected', taskId: A, attempt: 2, code: 'result_invalid' }),
    ],
    [
      'a command that was answered well and had no effect',
      'P1 lost',
      (history) => history.push({ kind: 'commanded', command: 'redrive', taskId: A }),
    ],
    [
      'an owner who was told of a foreign task',
      'P8 other',
      (history) => history.push({ ...saw('mine', A, 1), owner: 'bob' }),
    ],
    [
      'an owner who could read a foreign task',
      'P8 other',
      (history) => history.push({ kind: 'spied', owner: 'bob', taskId: A, status: 200 }),
    ],
  ])('finds %s', (_, found, change) => {
    const history = soundHistory();
    const dump = soundDump();
    change(history, dump);
    expect(check(history, dump).map(({ promise, harm }) => `${promise} ${harm}`)).toEqual([found]);
  });

  it('finds an answer that was taken twice', () => {
    const dump = soundDump();
    const [first] = rows(dump);
    Object.assign(first, { status: 'failed', seq: 5, result: null });
    dump.events.splice(3, 1, event(A, 4, 'running', 'running', 2), {
      ...event(A, 5, 'failed', 'failed', 2),
      data: { error: { message: 'failure' } },
    });
    const history = soundHistory();
    history.push(saw('s1', A, 5), saw('s2', A, 5));
    expect(check(history, dump)).toMatchObject([{ promise: 'P4', harm: 'twice' }]);
  });
});
