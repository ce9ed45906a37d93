import assert from 'node:assert/strict';
import fc from 'fast-check';
import { modelRun } from '../../test/support/model-run.js';
import {
  afterStep,
  follows,
  isOpenInModel,
  nextStep,
  type ModelStep,
  type ModelTask,
} from '../../test/support/state-model.js';
import type { Fact } from './facts.js';
import { fold, type LockedTask, type TaskChange } from './fold.js';

const BEGIN = new Date('2026-01-01T00:00:00.000Z');
const ERROR = { type: 'E', message: 'm' };
const BATCHES_PER_HISTORY = 30;
const HISTORIES_AT_A_TIME = 500;

/** What may be told of a task, in the order in which a failure's history names it. */
const FACTS = factsByName();

const batches = fc.array(
  fc.record({
    facts: fc.array(fc.constantFrom(...Object.keys(FACTS)), { minLength: 1, maxLength: 4 }),
    /** Since the last batch; a transaction that had to wait has an older time. */
    seconds: fc.integer({ min: -5, max: 20 }),
  }),
  { minLength: 1, maxLength: BATCHES_PER_HISTORY, size: 'max' },
);
const history = fc.record({
  status: fc.constantFrom('queued' as const, 'scheduled' as const),
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  backoffSeconds: fc.constantFrom(0, 5),
  batches,
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

describe('any facts in any order', () => {
  const { steps, seed } = modelRun(10_000);

  it(`make of a task what the document's table says, and nothing else (${steps} steps)`, () => {
    let count = 0;
    const property = fc.property(history, (made) => {
      count += steppedThrough(made);
    });
    for (let round = 0; count < steps; round++)
      fc.assert(property, { seed: seed + round, numRuns: HISTORIES_AT_A_TIME });
    expect(count).toBeGreaterThanOrEqual(steps);
  }, 300_000);
});

/** Folds a history batch by batch beside the model, and gives how many steps there were. */
function steppedThrough({ status, maxAttempts, backoffSeconds, batches: folded }: History): number {
  const rules = { retry: { backoffSeconds, factor: 2, maxSeconds: 60 }, attemptTimeoutSeconds: null };
  let task = submitted(status, maxAttempts);
  let time = BEGIN.getTime();
  for (const { facts: names, seconds } of folded) {
    time += seconds * 1000;
    const facts = names.map((name) => FACTS[name]?.(task) ?? { kind: 'expired' as const });
    const change = fold(task, facts, { now: new Date(time), rules, random: () => 0.5 });
    checkSteps(task, change);
    checkAgainstModel(task, facts, change, backoffSeconds > 0);
    checkWhatIsLeft(change);
    task = change.task;
  }
  return task.seq - 1;
}

/** Every history is a path of the table, numbered without a gap, and its time never runs backwards. */
function checkSteps(before: LockedTask, { events, task }: TaskChange): void {
  let last: { status: LockedTask['status']; attempt: number; seq: number; at: Date } = {
    ...before,
    at: before.updatedAt,
  };
  for (const event of events) {
    assert.ok(follows(last, event), `${last.status} of attempt ${last.attempt} → ${event.type}`);
    assert.equal(event.seq, last.seq + 1);
    assert.ok(event.at >= last.at);
    last = event;
  }
  assert.deepEqual([task.status, task.attempt, task.seq], [last.status, last.attempt, last.seq]);
  const ends = events.filter(({ status }) => !isOpenInModel(status)).map(({ attempt }) => attempt);
  assert.equal(new Set(ends).size, ends.length, 'an attempt ended twice');
  assert.ok(task.attempt > before.attempt || task.progress >= before.progress, 'progress fell');
}

/** Each fact made the step that the model expects, and the budget stands where the model's does. */
function checkAgainstModel(
  before: LockedTask,
  facts: Fact[],
  { task, events, outcomes }: TaskChange,
  hasBackOff: boolean,
): void {
  let model: ModelTask = before;
  const expected: ModelStep[] = [];
  facts.forEach((fact, index) => {
    const step = nextStep(model, fact, hasBackOff);
    if (step === null) return;
    assert.equal(outcomes[index]?.outcome, 'applied');
    if (step.type !== 'progress' || expected.at(-1)?.type !== 'progress') expected.push(step);
    model = afterStep(model, fact, step, task.updatedAt);
  });
  assert.deepEqual(
    events.map(({ type, status, attempt }) => ({ type, status, attempt })),
    expected.map(({ type, status, attempt }) => ({ type, status, attempt })),
  );
  assert.deepEqual(
    [task.attemptsUsed, task.progress, task.message, task.attemptAt],
    [model.attemptsUsed, model.progress, model.message, model.attemptAt],
  );
  assert.ok(task.attemptsUsed <= task.maxAttempts, 'the budget was exceeded');
}

/** A task that is over has a time at which it ended and nothing ahead of it; an open one has neither. */
function checkWhatIsLeft({ task, dispatch, result, error, letter }: TaskChange): void {
  const isOpen = isOpenInModel(task.status);
  assert.equal(task.finishedAt === null, isOpen);
  if (isOpen) assert.notEqual(dispatch.kind, 'end');
  else assert.ok(dispatch.kind === 'end' || dispatch.kind === 'keep');
  if (dispatch.kind === 'end') assert.equal(result !== null, task.status === 'succeeded');
  if (dispatch.kind === 'end') assert.equal(error !== null, isBad(task));
  if (letter !== null && !isOpen) assert.ok(error !== null || task.status !== 'dead_lettered');
}

function isBad({ status }: LockedTask): boolean {
  return status === 'failed' || status === 'dead_lettered';
}

function submitted(status: 'queued' | 'scheduled', maxAttempts: number): LockedTask {
  return {
    id: '01900000-0000-7000-8000-000000000001',
    type: 'default',
    status,
    attempt: 1,
    maxAttempts,
    attemptsUsed: 0,
    owner: 'alice',
    orderingKey: null,
    correlationId: null,
    progress: 0,
    message: 'Task Received',
    seq: 1,
    createdAt: BEGIN,
    updatedAt: BEGIN,
    attemptAt: BEGIN,
    runAt: null,
    expiresAt: new Date(BEGIN.getTime() + 604_800_000),
    expiresInSeconds: 604_800,
    startedAt: null,
    finishedAt: null,
  };
}

/** Each with the current attempt, the last, and the next; reports and letters also without one, from before and after it began. */
function factsByName(): Record<string, (task: LockedTask) => Fact> {
  type Of = (attempt: number, task: LockedTask) => Fact;
  type At = (attempt: number | null, at: Date) => Fact;
  const report =
    (said: Extract<Fact, { kind: 'report' }>['report']): At =>
    (attempt, at) => ({
      kind: 'report',
      report: said,
      attempt,
      at,
    });
  const ofAttempt = (name: string, fact: Of): [string, (task: LockedTask) => Fact][] => [
    [name, (task) => fact(task.attempt, task)],
    [`${name} of the last attempt`, (task) => fact(task.attempt - 1, task)],
    [`${name} of the next attempt`, (task) => fact(task.attempt + 1, task)],
  ];
  const record = (name: string, fact: At): [string, (task: LockedTask) => Fact][] => [
    ...ofAttempt(name, (attempt, task) => fact(attempt, task.attemptAt)),
    [`${name} from before`, (task) => fact(null, task.attemptAt)],
    [`${name} from after`, (task) => fact(null, new Date(task.attemptAt.getTime() + 1))],
  ];
  const running = (progress: number | null, message: string | null) =>
    report({ status: 'running', progress, message });
  const failed = (retryable: boolean) =>
    report({ status: 'failed', error: ERROR, retryable, message: retryable ? 'again' : null });
  return Object.fromEntries([
    ...record('success', report({ status: 'succeeded', result: '{}', message: 'done' })),
    ...record('failure', failed(false)),
    ...record('retryable failure', failed(true)),
    ...record('running', running(null, null)),
    ...record('10 %', running(10, null)),
    ...record('60 %', running(60, 'more than half')),
    ...record('letter', (attempt, at) => ({
      kind: 'dead-lettered',
      deadLetterId: 'l',
      error: ERROR,
      attempt,
      at,
    })),
    ...ofAttempt('claim', (attempt) => ({ kind: 'claimed', attempt, lease: { worker: 'w', seconds: 9 } })),
    ...ofAttempt('release', (attempt) => ({ kind: 'released', attempt })),
    ...ofAttempt('lost lease', (attempt) => ({ kind: 'lease-lost', attempt })),
    ...ofAttempt('time limit', (attempt) => ({ kind: 'timed-out', attempt })),
    ...ofAttempt('redrive', (attempt) => redrive(attempt)),
    ['redrive', () => redrive(null)],
    ['due', () => ({ kind: 'due' })],
    ['expiry', () => ({ kind: 'expired' })],
    ['cancel', () => ({ kind: 'cancelled', by: 'bob' })],
    ['retry', () => ({ kind: 'retried', by: 'bob' })],
  ]);
}

function redrive(attempt: number | null): Fact {
  return { kind: 'redriven', by: 'bob', deadLetterId: 'l', attempt, changes: null };
}
