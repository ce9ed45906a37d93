import { DataSource } from 'typeorm';
import { closeApp } from '../../src/app/http.js';
import type { TestApp } from '../support/app.js';
import { startClaimStage } from '../support/claim-stage.js';
import type { LetterJson, PageJson } from '../support/client.js';
import { ComputeWorker, type ClaimJson } from '../support/compute-worker.js';
import { eventually } from '../support/eventually.js';
import type { Rest, ProblemJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { itOnServer } from '../support/test-database.js';

const TYPES = `
  other: {}
  once: { maxAttempts: 1 }
  impatient: { attemptTimeoutSeconds: 6, retry: { backoffSeconds: 60, maxSeconds: 60 } }
`;

describeWithServices('claims', ['postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: ComputeWorker;
  let elsewhere: ComputeWorker;

  beforeAll(async () => {
    ({ taskwire, rest, worker, elsewhere } = await startClaimStage(TYPES));
  });

  afterAll(() => taskwire.close());

  /** What a test left behind is nobody's business in the next. */
  afterEach(() => taskwire.app.get(DataSource).query('DELETE FROM dispatches'));

  const history = async (id: string) => (await rest.events(id)).map(({ type }) => type);
  const ids = (claims: ClaimJson[]) => claims.map(({ taskId }) => taskId);
  const dispatchOf = async (id: string) => {
    const sql = 'SELECT state, attempt, worker FROM dispatches WHERE task_id = $1';
    const [row] = await taskwire.app
      .get(DataSource)
      .query<{ state: string; attempt: number; worker: string | null }[]>(sql, [id]);
    return row;
  };
  /** Does something while a transaction of somebody else holds a lock. */
  const whileHeld = (lock: string, work: () => Promise<void>) =>
    taskwire.app.get(DataSource).transaction(async (manager) => {
      await manager.query(lock);
      await work();
    });
  /** Lets a lease be over, as if the time until then had gone by. */
  const endLease = (id: string) =>
    taskwire.app.get(DataSource).query('UPDATE dispatches SET due_at = now() WHERE task_id = $1', [id]);

  describe('hand out', () => {
    it('one task by default, under a lease of 60 s, with its payload digit for digit', async () => {
      const { id, expiresAt } = await rest.submit('{"payload": {"n": 9007199254740993}}');
      const other = await rest.submit();
      const { text, json } = await worker.tryClaim({ worker: 'gpu 7' });
      expect(text).toContain('"payload":{"n": 9007199254740993}');
      expect(json.items).toHaveLength(1);
      const [claim] = json.items;
      expect(claim).toMatchObject({ taskId: id, attempt: 1, type: 'default', expiresAt });
      const [, dispatched] = await rest.events(id);
      expect(dispatched).toMatchObject({
        type: 'dispatched',
        status: 'queued',
        data: { worker: 'gpu 7', leaseExpiresAt: claim?.leaseExpiresAt },
      });
      const { updatedAt } = await rest.task(id);
      expect(Date.parse(claim?.leaseExpiresAt ?? '') - Date.parse(updatedAt)).toBe(60_000);
      expect(await dispatchOf(id)).toEqual({ state: 'claimed', attempt: 1, worker: 'gpu 7' });
      expect(ids(await worker.claim())).toEqual([other.id]);
      expect(await worker.claim()).toEqual([]);
    });

    it('as many as are asked for, in the order in which they became claimable', async () => {
      const tasks = Array.from({ length: 6 }, (_, n) => ({ payload: { n } }));
      const { json } = await rest.post<{ items: { task: { id: string } }[] }>('/v1/tasks/batch', { tasks });
      const all = json.items.map(({ task }) => task.id);
      expect(ids(await worker.claim({ max: 4 }))).toEqual(all.slice(0, 4));
      expect(ids(await elsewhere.claim({ max: 100 }))).toEqual(all.slice(4));
    });

    it('tasks of the types that are asked for, by default of all', async () => {
      const [first, second] = [await rest.submit(), await rest.submit({ type: 'other', payload: {} })];
      expect(ids(await worker.claim({ types: ['other'], max: 10 }))).toEqual([second.id]);
      expect(ids(await worker.claim({ max: 10 }))).toEqual([first.id]);
    });

    it('a lease that ends no later than the task expires, and no longer than the type’s time limit', async () => {
      const brief = await rest.submit({ payload: {}, expiresInSeconds: 5 });
      await rest.submit({ type: 'impatient', payload: {} });
      const [first] = await worker.claim({ leaseSeconds: 3600 });
      expect([first?.leaseExpiresAt, first?.expiresAt]).toEqual([brief.expiresAt, brief.expiresAt]);
      const [second] = await worker.claim({ leaseSeconds: 3600 });
      expect(Date.parse(second?.leaseExpiresAt ?? '')).toBeLessThan(Date.now() + 7_000);
    });

    it('nothing that is scheduled, has ended, or has expired', async () => {
      await rest.submit({ payload: {}, delaySeconds: 3600 });
      const cancelled = await rest.submit();
      await rest.post(`/v1/tasks/${cancelled.id}/cancel`);
      expect(await worker.claim({ max: 100 })).toEqual([]);
      expect(await dispatchOf(cancelled.id)).toBeUndefined();
    });

    it.each([
      [{ max: 0 }],
      [{ max: 101 }],
      [{ leaseSeconds: 4 }],
      [{ leaseSeconds: 3601 }],
      [{ waitSeconds: 31 }],
      [{ types: [] }],
      [{ worker: '' }],
      [{ worker: '\u0000' }],
      [{ colour: 'red' }],
    ])('nothing for %j, which is not valid', async (body) => {
      const { status, text } = await worker.tryClaim(body);
      expect([status, (JSON.parse(text) as ProblemJson).code]).toEqual([400, 'invalid_request']);
    });

    it('nothing for a type that does not exist', async () => {
      const { status, text } = await worker.tryClaim({ types: ['none'] });
      expect([status, (JSON.parse(text) as ProblemJson).code]).toEqual([422, 'unknown_task_type']);
    });
  });

  describe('that wait', () => {
    it('are answered when a task comes, in this process and in others', async () => {
      for (const waiting of [worker, elsewhere]) {
        const claim = waiting.claim({ waitSeconds: 30 });
        const { id } = await rest.submit({ payload: {}, delaySeconds: 0.5 });
        expect(ids(await claim)).toEqual([id]);
      }
    });

    it('are answered with nothing when the time is up', async () => {
      const start = performance.now();
      expect(await worker.claim({ waitSeconds: 1 })).toEqual([]);
      expect(performance.now() - start).toBeGreaterThan(990);
    });

    it('share what comes: nobody takes all while others wait', async () => {
      const claims = Array.from({ length: 5 }, () => worker.claim({ waitSeconds: 10, max: 5 }));
      const looks = rest.get('/v1/topics'); // behind them, on connections of its own
      await looks;
      await rest.post('/v1/tasks/batch', { tasks: Array(5).fill({ payload: {} }) });
      const answers = await Promise.all(claims);
      expect(new Set(answers.flatMap(ids)).size).toBe(5);
      expect(answers.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
    });

    it('hold no database connection, however many there are', async () => {
      const stop = new AbortController();
      const waiting = Array.from({ length: 200 }, () => worker.claimUntil(stop.signal, { waitSeconds: 30 }));
      await eventually(async () => {
        expect((await rest.get('/health/ready')).status).toBe(200);
      });
      stop.abort();
      await Promise.all(waiting);
      await eventually(async () => {
        const { id } = await rest.submit();
        expect(await worker.claim()).toMatchObject([{ taskId: id, attempt: 1 }]);
      });
    });

    itOnServer('are answered with nothing when their process ends', async () => {
      const ending = await taskwire.startAnother();
      const claim = new ComputeWorker(await ending.getUrl()).claim({ waitSeconds: 30 });
      await eventually(async () => {
        expect(ending.getHttpServer().listening).toBe(true);
        await new ComputeWorker(await ending.getUrl()).claim();
      });
      await closeApp(ending, 5);
      expect(await claim).toEqual([]);
    });
  });

  describe('of which the worker has gone before the answer was written', () => {
    itOnServer('are given back: next attempt, budget not charged', async () => {
      const { id } = await rest.submit({ type: 'once', payload: {} });
      const gone = new AbortController();
      await whileHeld('LOCK TABLE task_events IN SHARE MODE', async () => {
        const claim = elsewhere.claimUntil(gone.signal, { waitSeconds: 30 });
        await eventually(async () => {
          const sql = `SELECT FROM pg_locks WHERE relation = 'task_events'::regclass AND NOT granted`;
          expect(await taskwire.app.get(DataSource).query(sql)).toHaveLength(1);
        });
        gone.abort();
        await claim;
      });
      expect(await worker.claim({ waitSeconds: 10 })).toMatchObject([{ taskId: id, attempt: 2 }]);
      expect(await history(id)).toEqual(['submitted', 'dispatched', 'retrying', 'dispatched']);
    });
  });

  describe('that are released', () => {
    it('are queued at once with the next attempt, the budget not charged', async () => {
      const { id } = await rest.submit({ type: 'once', payload: {} });
      for (const attempt of [1, 2, 3]) {
        expect(await worker.claim()).toMatchObject([{ taskId: id, attempt }]);
        expect(await elsewhere.release({ taskId: id, attempt })).toEqual([{ index: 0, outcome: 'applied' }]);
      }
      const [, , retrying] = await rest.events(id);
      expect(retrying).toMatchObject({ type: 'retrying', status: 'queued', data: { reason: 'released' } });
      expect(await dispatchOf(id)).toEqual({ state: 'claimable', attempt: 4, worker: null });
    });

    it('each stand alone, and say what became of them', async () => {
      const claimed = await rest.submit();
      await worker.claim();
      const [free, over] = [await rest.submit(), await rest.submit()];
      await rest.post(`/v1/tasks/${over.id}/cancel`);
      const items = await worker.release(
        { taskId: free.id, attempt: 1 },
        { taskId: claimed.id, attempt: 2 },
        { taskId: claimed.id, attempt: 1 },
        { taskId: claimed.id, attempt: 1 },
        { taskId: over.id, attempt: 1 },
        { taskId: 'nobody', attempt: 1 },
      );
      expect(items).toMatchObject([
        { index: 0, outcome: 'ignored', reason: 'stale_attempt' },
        { index: 1, outcome: 'ignored', reason: 'stale_attempt' },
        { index: 2, outcome: 'applied' },
        { index: 3, outcome: 'ignored', reason: 'stale_attempt' },
        { index: 4, outcome: 'ignored', reason: 'already_terminal' },
        { index: 5, outcome: 'rejected', error: { code: 'not_found' } },
      ]);
      expect((await rest.task(free.id)).attempt).toBe(1);
    });
  });

  describe('whose lease is over', () => {
    it('are a lost worker: queued again at once, within a second, the budget charged', async () => {
      const { id } = await rest.submit();
      const [claim] = await worker.claim({ leaseSeconds: 5 });
      const [again] = await elsewhere.claim({ waitSeconds: 30 });
      expect(again).toMatchObject({ taskId: id, attempt: 2 });
      expect(Date.now() - Date.parse(claim?.leaseExpiresAt ?? '')).toBeLessThan(1_000);
      expect(await history(id)).toEqual(['submitted', 'dispatched', 'retrying', 'dispatched']);
      expect((await rest.events(id))[2]).toMatchObject({
        status: 'queued',
        data: { reason: 'lease_lost', error: { code: 'lease_lost' } },
      });
      expect(await worker.answer({ taskId: id, attempt: 1, status: 'DONE' })).toEqual([
        { index: 0, outcome: 'ignored', reason: 'stale_attempt' },
      ]);
    });

    it('are dead letters with the payload when the budget is used up, and can be retried', async () => {
      const { id } = await rest.submit({ type: 'once', payload: { a: 1 } });
      await worker.claim();
      await endLease(id);
      await eventually(async () => {
        expect(await rest.task(id)).toMatchObject({
          status: 'dead_lettered',
          error: { type: 'LeaseLost', code: 'lease_lost' },
        });
      });
      const { json } = await rest.get<PageJson<LetterJson>>(`/v1/dead-letters?taskId=${id}`);
      expect(json.items).toMatchObject([{ kind: 'request', value: '{"a":1}', attempts: 1 }]);
      expect((await rest.post(`/v1/tasks/${id}/retry`)).status).toBe(202);
      expect(await worker.claim()).toMatchObject([{ taskId: id, attempt: 2 }]);
    });

    itOnServer('still count if the answer comes before anybody saw it', async () => {
      const { id } = await rest.submit();
      await worker.claim();
      const timers = `SELECT pg_advisory_xact_lock(hashtextextended('taskwire timers due ' || current_schema(), 0))`;
      await whileHeld(timers, async () => {
        await endLease(id);
        expect(await worker.answer({ taskId: id, attempt: 1, status: 'DONE' })).toMatchObject([
          { outcome: 'applied' },
        ]);
      });
      expect((await rest.task(id)).status).toBe('succeeded');
    });

    it('by the time limit of their type wait for the next attempt', async () => {
      const { id } = await rest.submit({ type: 'impatient', payload: {} });
      await worker.claim({ leaseSeconds: 3600 });
      await endLease(id);
      await eventually(async () => {
        expect(await rest.task(id)).toMatchObject({ status: 'scheduled', attempt: 2 });
      });
      expect((await rest.events(id)).at(-1)).toMatchObject({ data: { reason: 'time_limit' } });
    });

    it('are renewed by a report, for their original length', async () => {
      const { id } = await rest.submit();
      await worker.claim({ leaseSeconds: 300 });
      await endLeaseIn(id, 60);
      await worker.answer({ taskId: id, attempt: 1, status: 'RUNNING', progress: 10 });
      const left = await secondsLeft(id);
      expect(left).toBeGreaterThan(290);
      expect(left).toBeLessThanOrEqual(300);
      expect(await dispatchOf(id)).toMatchObject({ state: 'claimed' });
      await endLeaseIn(id, 60);
      await worker.answer({ taskId: id, attempt: 1, status: 'RUNNING', progress: 10 });
      expect(await secondsLeft(id)).toBeGreaterThan(290);
      await endLease(id);
      await eventually(async () => {
        expect(await rest.task(id)).toMatchObject({ status: 'queued', attempt: 2, startedAt: null });
      });
    });

    it('are given by a report of who never claimed: the task comes again when no more is heard of it', async () => {
      const { id } = await rest.submit();
      await worker.answer({ taskId: id, attempt: 1, status: 'RUNNING' });
      expect(await worker.claim()).toEqual([]);
      expect(await dispatchOf(id)).toMatchObject({ state: 'claimed' });
      expect(await secondsLeft(id)).toBeLessThanOrEqual(60);
      await endLease(id);
      expect(await elsewhere.claim({ waitSeconds: 10 })).toMatchObject([{ taskId: id, attempt: 2 }]);
    });

    const endLeaseIn = (id: string, seconds: number) =>
      taskwire.app
        .get(DataSource)
        .query('UPDATE dispatches SET due_at = now() + make_interval(secs => $2) WHERE task_id = $1', [
          id,
          seconds,
        ]);
    const secondsLeft = async (id: string): Promise<number> => {
      const sql =
        'SELECT extract(epoch FROM due_at - now())::double precision AS left FROM dispatches WHERE task_id = $1';
      const [row] = await taskwire.app.get(DataSource).query<{ left: number }[]>(sql, [id]);
      return row?.left ?? NaN;
    };
  });

  it('leave nothing behind: answered, cancelled or expired, the task is over', async () => {
    const tasks = [
      await rest.submit(),
      await rest.submit(),
      await rest.submit({ payload: {}, expiresInSeconds: 2 }),
    ];
    await worker.claim({ max: 3 });
    const [answered, cancelled, expired] = tasks.map(({ id }) => id) as [string, string, string];
    await worker.answer({ taskId: answered, attempt: 1, status: 'DONE', n: 1 });
    await rest.post(`/v1/tasks/${cancelled}/cancel`);
    await eventually(async () => {
      expect((await rest.task(expired)).status).toBe('expired');
    });
    for (const { id } of tasks) expect(await dispatchOf(id)).toBeUndefined();
    expect(await rest.task(answered)).toMatchObject({ status: 'succeeded', result: { n: 1 } });
    expect(await worker.answer({ taskId: cancelled, attempt: 1, status: 'RUNNING' })).toMatchObject([
      { outcome: 'ignored', reason: 'already_terminal' },
    ]);
  });

  it('come again after a failure that may be retried', async () => {
    const { id } = await rest.submit({ type: 'other', payload: {} });
    await worker.claim();
    const error = { message: 'no', retryable: true };
    await worker.answer({ taskId: id, attempt: 1, status: 'FAILED', error });
    expect(await rest.task(id)).toMatchObject({ status: 'scheduled', attempt: 2 });
    await endLease(id);
    expect(await worker.claim({ waitSeconds: 10 })).toMatchObject([{ taskId: id, attempt: 2 }]);
  });

  it('hold no task by two leases, and end each once, with 50 workers at two processes that lose some', async () => {
    const tasks = 1_000;
    const held = new Map<string, number>();
    let answered = 0;
    const crew = Array.from({ length: 50 }, async (_, n) => {
      const own = n % 2 === 0 ? worker : elsewhere;
      while (answered < tasks) {
        for (const { taskId, attempt } of await own.claim({ max: 3, waitSeconds: 1, worker: `w${n}` })) {
          expect(held.get(taskId) ?? 0).toBeLessThan(attempt);
          held.set(taskId, attempt);
          if (attempt === 1 && Math.random() < 0.05) {
            await endLease(taskId);
            continue;
          }
          const [item] = await own.answer({ taskId, attempt, status: 'DONE' });
          if (item?.outcome === 'applied') answered++;
        }
      }
    });
    for (let n = 0; n < tasks / 100; n++)
      await rest.post('/v1/tasks/batch', { tasks: Array(100).fill({ payload: {} }) });
    await Promise.all(crew);
    expect(answered).toBe(tasks);
    const ends = await taskwire.app
      .get(DataSource)
      .query<{ ends: number }[]>(
        `SELECT count(*) AS ends FROM task_events WHERE type = 'succeeded' AND task_id = ANY($1) GROUP BY task_id`,
        [[...held.keys()]],
      );
    expect(ends).toEqual(Array(tasks).fill({ ends: 1 }));
  }, 120_000);

  it('are counted', async () => {
    const text = await (await fetch(`${taskwire.url}/metrics`)).text();
    expect(text).toMatch(/\ntaskwire_tasks_claimed_total\{type="default"\} \d+\n/);
  });
});
