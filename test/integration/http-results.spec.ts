import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { startApp, type TestApp } from '../support/app.js';
import { ComputeWorker } from '../support/compute-worker.js';
import { Rest, type ProblemJson, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { itOnServer } from '../support/test-database.js';

describeWithServices('results over HTTP', ['postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: ComputeWorker;

  beforeAll(async () => {
    taskwire = await startApp({ env: { KAFKA_BROKERS: '' } });
    rest = new Rest(taskwire.url);
    worker = new ComputeWorker(taskwire.url);
  });

  afterAll(() => taskwire.close());

  const claimed = async (body: object = { payload: {} }): Promise<WholeTaskJson> => {
    const task = await rest.submit(body);
    for (;;) {
      const [claim] = await worker.claim();
      if (claim?.taskId === task.id) return task;
    }
  };
  const problem = async (body: object | string): Promise<unknown[]> => {
    const { status, text } = await worker.tryAnswer(body);
    return [status, (JSON.parse(text) as ProblemJson).code];
  };

  it('may be one record, in the flat shape, digit for digit', async () => {
    const { id } = await claimed();
    const record = `{"taskId":"${id}","attempt":1,"status":"done","ids":[9007199254740993], "results":[1.0]}`;
    expect(await worker.answer(record)).toEqual([{ index: 0, outcome: 'applied' }]);
    const { text } = await rest.get(`/v1/tasks/${id}`);
    expect(text).toContain('"result":{"ids":[9007199254740993],"results":[1.0]}');
  });

  it('may have any names, as on a topic', async () => {
    const { id } = await claimed();
    const result = '{"__proto__":{"n":9007199254740993},"constructor":{"prototype":1}}';
    const record = `{"taskId":"${id}","attempt":1,"status":"DONE",${result.slice(1)}`;
    expect(await worker.answer(`{"results":[${record}]}`)).toEqual([{ index: 0, outcome: 'applied' }]);
    expect((await rest.get(`/v1/tasks/${id}`)).text).toContain(`"result":${result}`);
  });

  it('may be wrapped', async () => {
    const { id } = await claimed();
    await worker.answer({ taskId: id, attempt: 1, payload: { status: 'SUCCESS', vector_ids: [101] } });
    expect(await rest.task(id)).toMatchObject({
      status: 'succeeded',
      result: { status: 'SUCCESS', vector_ids: [101] },
    });
  });

  it('may be many, for one task in their order, each standing alone', async () => {
    const [first, second] = [await claimed(), await claimed()];
    const items = await worker.answer({
      results: [
        { taskId: first.id, attempt: 1, status: 'RUNNING', progress: 50, message: 'half' },
        { taskId: second.id, attempt: 2, status: 'DONE' },
        { taskId: first.id, attempt: 1, status: 'FAILED', error: 'broken' },
        { taskId: first.id, attempt: 1, status: 'FAILED' },
        { taskId: first.id, attempt: 1, status: 'DONE' },
        { taskId: uuidv7(), attempt: 1, status: 'DONE' },
        { taskId: second.id, attempt: 1, status: 'PERHAPS' },
        { taskId: second.id, status: 'DONE' },
        { status: 'DONE' },
        7,
        { taskId: second.id, attempt: 1, status: 'DONE', text: 'x'.repeat(1024 * 1024) },
      ],
    });
    expect(items).toMatchObject([
      { index: 0, outcome: 'applied' },
      { index: 1, outcome: 'ignored', reason: 'stale_attempt' },
      { index: 2, outcome: 'applied' },
      { index: 3, outcome: 'ignored', reason: 'duplicate' },
      { index: 4, outcome: 'ignored', reason: 'already_terminal' },
      { index: 5, outcome: 'rejected', error: { code: 'not_found' } },
      { index: 6, outcome: 'rejected', error: { code: 'result_invalid', instance: '/v1/results' } },
      { index: 7, outcome: 'rejected', error: { code: 'result_invalid' } },
      { index: 8, outcome: 'rejected', error: { code: 'result_invalid' } },
      { index: 9, outcome: 'rejected', error: { code: 'result_invalid' } },
      { index: 10, outcome: 'rejected', error: { code: 'payload_too_large' } },
    ]);
    expect(await rest.task(first.id)).toMatchObject({
      status: 'failed',
      progress: 50,
      message: 'half',
      error: { message: 'broken' },
    });
    expect(await rest.task(second.id)).toMatchObject({ status: 'queued', seq: 2 });
  });

  it('name their task by its id, never by a correlation id', async () => {
    const { id } = await claimed({ payload: { fileId: 'file 1' } });
    expect(await worker.answer({ taskId: 'file 1', attempt: 1, status: 'DONE' })).toMatchObject([
      { outcome: 'rejected', error: { code: 'not_found' } },
    ]);
    expect(await worker.answer({ taskId: id.toUpperCase(), attempt: 1, status: 'DONE' })).toMatchObject([
      { outcome: 'applied' },
    ]);
  });

  it('count also for an attempt that was not claimed: by this result it was the worker’s', async () => {
    const { id } = await rest.submit();
    await worker.answer({ taskId: id, attempt: 1, status: 'RUNNING' });
    expect(await worker.claim()).toEqual([]);
    expect(await worker.answer({ taskId: id, attempt: 1, status: 'DONE' })).toMatchObject([
      { outcome: 'applied' },
    ]);
  });

  it('are refused whole where the request is not valid', async () => {
    const invalid = [400, 'invalid_request'];
    expect(await problem({ results: [] })).toEqual(invalid);
    expect(await problem({ results: Array(101).fill({}) })).toEqual(invalid);
    expect(await problem({ results: [{}], colour: 1 })).toEqual(invalid);
    expect(await problem('[]')).toEqual(invalid);
    expect(await problem('{')).toEqual(invalid);
  });

  itOnServer('that PostgreSQL cannot hold are rejected alone', async () => {
    const [first, second] = [await claimed(), await claimed()];
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const items = await worker.answer(
      `{"results":[{"taskId":"${first.id}","attempt":1,"status":"DONE","deep":${deep}},` +
        `{"taskId":"${second.id}","attempt":1,"status":"DONE"}]}`,
    );
    expect(items).toMatchObject([
      { outcome: 'rejected', error: { code: 'result_invalid' } },
      { outcome: 'applied' },
    ]);
    expect((await rest.task(first.id)).status).toBe('queued');
    expect((await rest.task(second.id)).status).toBe('succeeded');
  });

  it('of many workers share transactions', async () => {
    await rest.post('/v1/tasks/batch', { tasks: Array(60).fill({ payload: {} }) });
    const claims = await worker.claim({ max: 60 });
    const times = async () => {
      const sql = `SELECT count(DISTINCT xmin::text) AS commits FROM tasks WHERE id = ANY($1)`;
      const [row] = await taskwire.app
        .get(DataSource)
        .query<{ commits: number }[]>(sql, [claims.map(({ taskId }) => taskId)]);
      return row?.commits;
    };
    await Promise.all(
      claims.map(({ taskId, attempt }) => worker.answer({ taskId, attempt, status: 'DONE' })),
    );
    expect(await times()).toBeLessThan(40);
  });

  it('are counted, also those that nobody can read', async () => {
    const counted = async (labels: string): Promise<number> => {
      const text = await (await fetch(`${taskwire.url}/metrics`)).text();
      return Number(new RegExp(`\ntaskwire_results_total\\{${labels}\\} (\\d+)\n`).exec(text)?.[1] ?? 0);
    };
    const rejected = 'outcome="rejected",reason="result_invalid"';
    const before = await counted(rejected);
    await worker.tryAnswer({ results: [7, { taskId: uuidv7(), attempt: 1, status: 'PERHAPS' }] });
    expect(await counted(rejected)).toBe(before + 2);
    expect(await counted('outcome="applied",reason=""')).toBeGreaterThan(0);
  });
});
