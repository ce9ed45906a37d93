import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest, type ProblemJson, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

type Page = { items: WholeTaskJson[]; nextCursor: string | null };

const TYPES = `
  limited: { TOPICS, attemptTimeoutSeconds: 1, maxAttempts: 1 }
  other: { TOPICS }
`;
const STATUSES = [
  'scheduled',
  'queued',
  'running',
  'succeeded',
  'failed',
  'dead_lettered',
  'cancelled',
  'expired',
];

describeWithServices('a list of tasks', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: Worker;

  beforeAll(async () => {
    taskwire = await startApp({ types: TYPES });
    rest = new Rest(taskwire.url);
    worker = await Worker.connect();
  });

  afterAll(async () => {
    await worker.close();
    await taskwire.close();
  });

  const list = async (query: string | Record<string, string>): Promise<Page> => {
    const search = typeof query === 'string' ? query : new URLSearchParams(query).toString();
    const { status, json, text } = await rest.get<Page>(`/v1/tasks?${search}`);
    if (status !== 200) throw new Error(`${status} ${text}`);
    return json;
  };
  const ids = async (query: string | Record<string, string>) => (await list(query)).items.map(({ id }) => id);
  const idsOf = (tasks: WholeTaskJson[]) => tasks.map(({ id }) => id);
  const answer = (taskId: string, status: string) =>
    worker.send(taskwire.resultTopic, { partition: 0, value: JSON.stringify({ taskId, status, v: 1 }) });
  const reached = (id: string, status: string): Promise<WholeTaskJson> =>
    eventually(
      async () => {
        const task = await rest.task(id);
        expect(task.status).toBe(status);
        return task;
      },
      { timeoutMs: 40_000 },
    );
  /** Task ids and `created_at` come from two clocks. */
  const moveCreation = (id: string, createdAt: string) =>
    taskwire.app.get(DataSource).query('UPDATE tasks SET created_at = $2 WHERE id = $1', [id, createdAt]);
  const submitMany = async (count: number, body: object): Promise<WholeTaskJson[]> => {
    const tasks: WholeTaskJson[] = [];
    for (let n = 0; n < count; n++) tasks.push(await rest.submit(body));
    return tasks;
  };

  it('has the newest first, without payload and result, else as they are', async () => {
    const owner = unique('owner');
    const tasks = await submitMany(3, { payload: { a: 1 }, owner });
    const { items, nextCursor } = await list({ owner });
    const summaries = items.map((item) => ({ ...item, payload: { a: 1 }, result: null }));
    expect([summaries, nextCursor]).toEqual([[...tasks].reverse(), null]);
    expect(items.filter((item) => 'payload' in item || 'result' in item)).toEqual([]);
  });

  it('has the caller’s own tasks unless it is asked for others’', async () => {
    const owner = unique('owner');
    const [own] = await submitMany(1, { payload: {} });
    const [foreign] = await submitMany(1, { payload: {}, owner });
    expect(await ids({ limit: '200' })).toContain(own?.id);
    expect(await ids({ limit: '200' })).not.toContain(foreign?.id);
    expect(await ids({ owner })).toEqual([foreign?.id]);
    expect(await ids({ owner: '*', limit: '2' })).toEqual([foreign?.id, own?.id]);
    expect(await ids({ owner: unique('nobody') })).toEqual([]);
  });

  describe('by status', () => {
    const owner = unique('owner');
    let byStatus: Record<string, string>;

    beforeAll(async () => {
      const [succeeded, failed, running, queued, cancelled] = (await submitMany(5, {
        payload: {},
        owner,
      })) as [WholeTaskJson, WholeTaskJson, WholeTaskJson, WholeTaskJson, WholeTaskJson];
      const [scheduled] = await submitMany(1, { payload: {}, owner, delaySeconds: 3600 });
      const [expired] = await submitMany(1, { payload: {}, owner, expiresInSeconds: 1 });
      const [dead_lettered] = await submitMany(1, { payload: {}, owner, type: 'limited' });
      await answer(succeeded.id, 'DONE');
      await answer(failed.id, 'FAILED');
      await answer(running.id, 'RUNNING');
      await rest.post(`/v1/tasks/${cancelled.id}/cancel`);
      const all = { scheduled, queued, running, succeeded, failed, dead_lettered, cancelled, expired };
      byStatus = Object.fromEntries(Object.entries(all).map(([status, task]) => [status, task?.id ?? '']));
      for (const [status, id] of Object.entries(byStatus)) await reached(id, status);
    });

    it.each(STATUSES)('has those that are %s', async (status) => {
      expect(await ids({ owner, status })).toEqual([byStatus[status]]);
      expect(await ids({ owner: '*', status, createdAfter: '2020-01-01T00:00:00Z' })).toContain(
        byStatus[status],
      );
      expect(await ids({ owner, status, type: 'other' })).toEqual([]);
    });

    it('has those of any of several, whose order is still that of their making', async () => {
      const expected = [byStatus.failed, byStatus.queued, byStatus.scheduled, byStatus.succeeded]
        .sort()
        .reverse();
      const query = `owner=${owner}&status=queued&status=failed&status=succeeded&status=scheduled&status=failed`;
      expect(await ids(query)).toEqual(expected);
    });

    it('has all with every status, and no more than asked for where one is repeated', async () => {
      const all = Object.values(byStatus).sort().reverse();
      expect(await ids(`owner=${owner}&${STATUSES.map((status) => `status=${status}`).join('&')}`)).toEqual(
        all,
      );
      expect(await ids(`owner=${owner}&${'&status=failed'.repeat(8)}`)).toEqual([byStatus.failed]);
    });

    it('pages through several', async () => {
      const query = `owner=${owner}&status=failed&status=expired&status=queued&limit=2`;
      const first = await list(query);
      const second = await list(`${query}&cursor=${first.nextCursor ?? ''}`);
      expect(idsOf([...first.items, ...second.items])).toEqual(
        [byStatus.failed, byStatus.expired, byStatus.queued].sort().reverse(),
      );
      expect(second.nextCursor).toBeNull();
    });

    it('has a task that failed twice once, and one that was retried no more', async () => {
      const [twice, retried] = (await submitMany(2, { payload: {}, owner, type: 'other' })) as [
        WholeTaskJson,
        WholeTaskJson,
      ];
      for (const { id } of [twice, retried]) {
        await answer(id, 'FAILED');
        await reached(id, 'failed');
        await rest.post(`/v1/tasks/${id}/retry`);
      }
      await worker.send(taskwire.resultTopic, {
        partition: 0,
        value: JSON.stringify({ taskId: twice.id, status: 'FAILED', attempt: 2 }),
      });
      await reached(twice.id, 'failed');
      expect(await ids({ owner, type: 'other', status: 'failed' })).toEqual([twice.id]);
      expect(await ids({ owner, type: 'other', status: 'queued' })).toEqual([retried.id]);
    });
  });

  it('can be asked for type and correlation id, one by one and together', async () => {
    const owner = unique('owner');
    const [one] = await submitMany(1, { payload: {}, owner, correlationId: 'x' });
    const [two] = await submitMany(1, { payload: {}, owner, correlationId: 'x', type: 'other' });
    const [three] = await submitMany(1, { payload: {}, owner, correlationId: 'y', type: 'other' });
    expect(await ids({ owner, type: 'other' })).toEqual([three?.id, two?.id]);
    expect(await ids({ owner, correlationId: 'x' })).toEqual([two?.id, one?.id]);
    expect(await ids({ owner, correlationId: 'x', type: 'other' })).toEqual([two?.id]);
    expect(await ids({ owner, correlationId: 'z' })).toEqual([]);
  });

  it('can be asked for times, themselves not included, whatever their offset', async () => {
    const owner = unique('owner');
    const tasks = await submitMany(4, { payload: {}, owner });
    const start = Math.floor(Date.now() / 60_000) * 60_000;
    const at = (minute: number) => new Date(start + minute * 60_000).toISOString();
    for (const [minute, { id }] of tasks.entries()) await moveCreation(id, at(minute));
    const [one, two, three, four] = idsOf(tasks);
    expect(await ids({ owner, createdAfter: at(0) })).toEqual([four, three, two]);
    expect(await ids({ owner, createdBefore: at(2) })).toEqual([two, one]);
    expect(await ids({ owner, createdAfter: at(0), createdBefore: at(2), status: 'queued' })).toEqual([two]);
    expect(await ids({ owner, createdBefore: at(62).replace('Z', '+01:00') })).toEqual([two, one]);
    expect(await ids({ owner, createdAfter: '9999-12-31T23:59:59Z' })).toEqual([]);
    expect(await ids({ owner, createdBefore: '0001-01-01T00:00:00Z' })).toEqual([]);
  });

  it.each(['', '&status=queued'])(
    'is paged to its end without gaps and repetitions while tasks are added (%s)',
    async (filter) => {
      const owner = unique('owner');
      const tasks = await submitMany(17, { payload: {}, owner });
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Page = await list(
          `owner=${owner}${filter}&limit=5${cursor === null ? '' : `&cursor=${cursor}`}`,
        );
        seen.push(...idsOf(page.items));
        cursor = page.nextCursor;
        await submitMany(2, { payload: {}, owner });
      } while (cursor !== null);
      expect(seen).toEqual(idsOf(tasks).reverse());
    },
  );

  it('has 50 tasks a page unless another number is asked for, at most 200', async () => {
    const owner = unique('owner');
    await rest.post('/v1/tasks/batch', { tasks: Array(201).fill({ payload: {}, owner }) });
    expect((await list({ owner })).items).toHaveLength(50);
    expect((await list({ owner, limit: '1' })).items).toHaveLength(1);
    const { items, nextCursor } = await list({ owner, limit: '200' });
    expect([items.length, nextCursor]).toEqual([200, expect.any(String)]);
    expect((await list({ owner, limit: '200', cursor: nextCursor ?? '' })).items).toHaveLength(1);
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=1.5',
    'limit=x',
    'limit=',
    'limit=1&limit=2',
    'cursor=x',
    'cursor=zzzzzzzzzzzzzzzzzzzzzz',
    'cursor=',
    'status=done',
    'status=',
    'status=queued&status=x',
    'type=',
    'correlationId=%00',
    'owner=%00',
    'createdAfter=yesterday',
    'createdAfter=2026-01-01',
    'createdAfter=2026-W01-1T00:00:00Z',
    'createdBefore=2026-02-30T00:00:00Z',
    'createdBefore=2026-01-01T00:00:00',
    'colour=red',
  ])('refuses %s', async (query) => {
    const { status, json } = await rest.get<ProblemJson>(`/v1/tasks?${query}`);
    expect([status, json.code]).toEqual([400, 'invalid_request']);
    expect(json.errors?.[0]?.path).toBe(query.split('=')[0]);
  });
});
