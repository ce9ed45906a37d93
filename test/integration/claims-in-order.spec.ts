import { DataSource } from 'typeorm';
import type { TestApp } from '../support/app.js';
import { startClaimStage } from '../support/claim-stage.js';
import type { ComputeWorker, ClaimJson } from '../support/compute-worker.js';
import { eventually } from '../support/eventually.js';
import type { Rest } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { isEmbedded } from '../support/test-database.js';

describeWithServices('claims of tasks with an ordering key', ['postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: ComputeWorker;
  let elsewhere: ComputeWorker;

  beforeAll(async () => {
    ({ taskwire, rest, worker, elsewhere } = await startClaimStage('  once: { maxAttempts: 1 }'));
  });

  afterAll(() => taskwire.close());

  /** What a test left behind is nobody's business in the next. */
  afterEach(() => taskwire.app.get(DataSource).query('DELETE FROM dispatches'));

  const ids = (claims: ClaimJson[]) => claims.map(({ taskId }) => taskId);
  const stateOf = async (id: string) => {
    const rows = await taskwire.app
      .get(DataSource)
      .query<{ state: string }[]>('SELECT state FROM dispatches WHERE task_id = $1', [id]);
    return rows[0]?.state;
  };
  /** Lets what a dispatch waits for be now: the end of its lease, or of its back-off. */
  const becomeDue = (id: string) =>
    taskwire.app.get(DataSource).query('UPDATE dispatches SET due_at = now() WHERE task_id = $1', [id]);

  const keyed = async (count: number): Promise<string[]> => {
    const orderingKey = unique('key');
    const tasks: string[] = [];
    for (let n = 0; n < count; n++) tasks.push((await rest.submit({ payload: { n }, orderingKey })).id);
    return tasks;
  };

  it('wait for the one before while it is queued at its first attempt, or held', async () => {
    const [first, second, third] = await keyed(3);
    expect(ids(await worker.claim({ max: 10 }))).toEqual([first]);
    expect(await worker.claim({ max: 10 })).toEqual([]);
    await worker.answer({ taskId: first, attempt: 1, status: 'RUNNING' });
    expect(await worker.claim({ max: 10 })).toEqual([]);
    const next = elsewhere.claim({ max: 10, waitSeconds: 10 });
    await worker.answer({ taskId: first, attempt: 1, status: 'DONE' });
    expect(ids(await next)).toEqual([second]);
    await rest.post(`/v1/tasks/${String(second)}/cancel`);
    expect(ids(await worker.claim({ max: 10 }))).toEqual([third]);
  });

  it('wait for a next attempt, too, while it is held', async () => {
    const [first = '', second] = await keyed(2);
    await worker.claim();
    await worker.release({ taskId: first, attempt: 1 });
    expect(ids(await worker.claim({ max: 10 }))).toEqual([first]);
    expect(await worker.claim({ max: 10 })).toEqual([]);
    const next = elsewhere.claim({ max: 10, waitSeconds: 10 });
    await worker.answer({ taskId: first, attempt: 2, status: 'DONE' });
    expect(ids(await next)).toEqual([second]);
  });

  it('do not wait for a next attempt that is not due yet, nor does that wait for them', async () => {
    const [first = '', second] = await keyed(2);
    await worker.claim();
    const error = { message: 'again', retryable: true };
    await worker.answer({ taskId: first, attempt: 1, status: 'FAILED', error });
    expect(ids(await worker.claim({ max: 10 }))).toEqual([second]);
    await becomeDue(first);
    expect(ids(await worker.claim({ waitSeconds: 10 }))).toEqual([first]);
  });

  it('go on when whoever saw the one before end did not know that they are claimed', async () => {
    const [first, second] = await keyed(2);
    await taskwire.app.get(DataSource).query('DELETE FROM dispatches WHERE task_id = $1', [first]);
    await taskwire.startAnother({ ROLE: 'worker' });
    if (!isEmbedded) expect(ids(await worker.claim({ waitSeconds: 10 }))).toEqual([second]);
  });

  it('do not wait for other keys, nor for tasks without one', async () => {
    const [first] = await keyed(2);
    const [other] = await keyed(2);
    const { id } = await rest.submit();
    expect(ids(await worker.claim({ max: 10 }))).toEqual([first, other, id]);
  });

  it('go on when the one before has expired or its lease was lost for good', async () => {
    const orderingKey = unique('key');
    const lost = await rest.submit({ type: 'once', payload: {}, orderingKey });
    const second = await rest.submit({ type: 'once', payload: {}, orderingKey });
    await worker.claim();
    await becomeDue(lost.id);
    expect(ids(await worker.claim({ waitSeconds: 10 }))).toEqual([second.id]);
  });

  it('keep the order when scheduled ones become due', async () => {
    const orderingKey = unique('key');
    const later = await rest.submit({ payload: {}, orderingKey, delaySeconds: 1 });
    const now = await rest.submit({ payload: {}, orderingKey });
    expect(ids(await worker.claim())).toEqual([now.id]);
    await eventually(async () => {
      expect(await stateOf(later.id)).toBe('behind');
    });
    await worker.answer({ taskId: now.id, attempt: 1, status: 'DONE' });
    expect(ids(await worker.claim())).toEqual([later.id]);
  });
});
