import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import type { LetterJson, PageJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Rest, type ProblemJson, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker, type ReceivedRecord } from '../support/worker.js';

const TYPES = `
  unique: { TOPICS, uniqueCorrelation: true }
  limited: { TOPICS, attemptTimeoutSeconds: 1, maxAttempts: 1 }
`;
const SLOWLY = { timeoutMs: 40_000 };

describeWithServices('a retry', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let other: Rest;
  let worker: Worker;
  let requests: ReceivedRecord[];

  beforeAll(async () => {
    taskwire = await startApp({ types: TYPES });
    rest = new Rest(taskwire.url);
    other = new Rest(await (await taskwire.startAnother()).getUrl());
    worker = await Worker.connect();
    requests = await worker.read(taskwire.requestTopic);
  });

  afterAll(async () => {
    await worker.close();
    await taskwire.close();
  });

  const answer = (id: string, value: object) =>
    worker.send(taskwire.resultTopic, { partition: 0, value: JSON.stringify({ taskId: id, ...value }) });
  const ended = (id: string): Promise<WholeTaskJson> =>
    eventually(async () => {
      const task = await rest.task(id);
      expect(task.finishedAt).not.toBeNull();
      return task;
    }, SLOWLY);
  const failed = async (body: object = { payload: {} }): Promise<WholeTaskJson> => {
    const { id } = await rest.submit(body);
    // One that ends before it was sent never is.
    await eventually(() => {
      expect(requests.map(({ key }) => key)).toContain(id);
    }, SLOWLY);
    await answer(id, { status: 'RUNNING', progress: 50 });
    await answer(id, { status: 'FAILED', error: { type: 'E', message: 'no' } });
    return ended(id);
  };
  const retry = <T = WholeTaskJson>(id: string, by = rest) => by.post<T>(`/v1/tasks/${id}/retry`);

  it('has a failed task done again: same id, next attempt, as new', async () => {
    const before = await failed({ payload: { a: 1 }, expiresInSeconds: 60 });
    expect(before).toMatchObject({ status: 'failed', progress: 50, error: { message: 'no' } });
    const { status, json } = await retry(before.id);
    expect(status).toBe(202);
    expect(json).toEqual({
      ...before,
      status: 'queued',
      attempt: 2,
      error: null,
      progress: 0,
      seq: before.seq + 1,
      updatedAt: json.updatedAt,
      expiresAt: new Date(Date.parse(json.updatedAt) + 60_000).toISOString(),
      startedAt: null,
      finishedAt: null,
    });
    expect((await rest.events(before.id)).at(-1)).toMatchObject({
      type: 'retrying',
      status: 'queued',
      attempt: 2,
      data: { by: 'local' },
    });
    await eventually(() => {
      const sent = requests.filter(({ key }) => key === before.id);
      expect(sent.map(({ headers }) => headers['taskwire-attempt'])).toEqual(['1', '2']);
    }, SLOWLY);
    await answer(before.id, { status: 'DONE', n: 1 });
    expect(await ended(before.id)).toMatchObject({ status: 'succeeded', result: { n: 1 }, progress: 100 });
  });

  it('renews the budget', async () => {
    const retryable = { status: 'FAILED', error: { message: 'no', retryable: true } };
    const { id } = await rest.submit({ payload: {}, maxAttempts: 1 });
    await answer(id, { ...retryable, attempt: 1 });
    expect((await ended(id)).attempt).toBe(1);
    await retry(id);
    await answer(id, { ...retryable, attempt: 2 });
    expect(await ended(id)).toMatchObject({ status: 'failed', attempt: 2, maxAttempts: 1 });
  });

  it('counts no failure of the attempt before', async () => {
    const { id } = await failed();
    await retry(id);
    await answer(id, { status: 'FAILED', attempt: 1 });
    await answer(id, { status: 'DONE', attempt: 2 });
    expect((await ended(id)).status).toBe('succeeded');
  });

  it('has a dead-lettered task done again, and marks its open letters redriven', async () => {
    const { id } = await rest.submit({ type: 'limited', payload: {} });
    expect((await ended(id)).status).toBe('dead_lettered');
    const letters = async () =>
      (await rest.get<PageJson<LetterJson>>(`/v1/dead-letters?taskId=${id}`)).json.items;
    expect(await letters()).toMatchObject([{ status: 'open' }]);
    const { status, json } = await retry(id);
    expect([status, json.status, json.attempt]).toEqual([202, 'queued', 2]);
    expect(await letters()).toMatchObject([{ status: 'redriven', redrivenBy: 'local' }]);
  });

  it('has an expired task done again, with a new expiry', async () => {
    const { id } = await rest.submit({ payload: {}, expiresInSeconds: 1 });
    expect((await ended(id)).status).toBe('expired');
    const { status, json } = await retry(id);
    expect([status, json.status]).toEqual([202, 'queued']);
    expect(Date.parse(json.expiresAt)).toBe(Date.parse(json.updatedAt) + 1_000);
  });

  it('goes out under the task’s ordering key again', async () => {
    const orderingKey = unique('key');
    const { id } = await rest.submit({ payload: {}, orderingKey });
    const sent = (attempts: string[]) =>
      eventually(() => {
        const records = requests.filter(({ headers }) => headers['taskwire-task-id'] === id);
        expect(records.map(({ headers }) => headers['taskwire-attempt'])).toEqual(attempts);
        expect(records.map(({ key }) => key)).toEqual(attempts.map(() => orderingKey));
      }, SLOWLY);
    await sent(['1']);
    await answer(id, { status: 'FAILED' });
    await ended(id);
    await retry(id);
    await sent(['1', '2']);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['queued', () => Promise.resolve()],
    ['cancelled', (id) => rest.post(`/v1/tasks/${id}/cancel`)],
    ['succeeded', (id) => answer(id, { status: 'DONE' }).then(() => ended(id))],
  ])('is refused for a task that is %s', async (status, act) => {
    const { id } = await rest.submit();
    await act(id);
    const before = await rest.task(id);
    expect(before.status).toBe(status);
    const refused = await retry<ProblemJson>(id);
    expect([refused.status, refused.json.code]).toEqual([409, 'task_not_retryable']);
    expect(await rest.task(id)).toEqual(before);
  });

  it('happens once, however many ask at the same time', async () => {
    const { id, seq } = await failed();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => retry(id, n % 2 ? rest : other)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array<number>(9).fill(409)]);
    expect(await rest.task(id)).toMatchObject({ attempt: 2, seq: seq + 1 });
    const rows = await taskwire.app
      .get(DataSource)
      .query<unknown[]>('SELECT attempt FROM dispatches WHERE task_id = $1', [id]);
    expect(rows).toEqual([{ attempt: 2 }]);
  });

  describe('of a task with a correlation id that has to be unique', () => {
    const body = () => ({ type: 'unique', payload: {}, correlationId: unique('file') });

    it('is refused while another open task has it', async () => {
      const submission = body();
      const before = await failed(submission);
      const holder = await rest.submit(submission);
      const refused = await retry<ProblemJson>(before.id);
      expect([refused.status, refused.json.code]).toEqual([409, 'correlation_in_use']);
      expect(await rest.task(before.id)).toEqual(before);
      await rest.post(`/v1/tasks/${holder.id}/cancel`);
      expect((await retry(before.id)).status).toBe(202);
      expect((await rest.post('/v1/tasks', submission)).status).toBe(409);
    });

    it('leaves one open task when it races with submissions', async () => {
      const submission = body();
      const { id } = await failed(submission);
      const answers = await Promise.all([
        retry(id, other),
        rest.post('/v1/tasks', submission),
        other.post('/v1/tasks', submission),
        retry(id, rest),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
    });
  });
});
