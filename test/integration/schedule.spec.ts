import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import type { LetterJson, PageJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Rest, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker, type ReceivedRecord } from '../support/worker.js';

const TYPES = `
  limited: { TOPICS, attemptTimeoutSeconds: 1, maxAttempts: 2, retry: { backoffSeconds: 0.5, maxSeconds: 1 } }
  patient: { TOPICS, attemptTimeoutSeconds: 600 }
  failing: { TOPICS, maxAttempts: 2, retry: { backoffSeconds: 1, maxSeconds: 1 } }
  backing: { TOPICS, retry: { backoffSeconds: 3600, maxSeconds: 3600 } }
`;
const SLOWLY = { timeoutMs: 40_000 };

describeWithServices('what time does', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let another: NestFastifyApplication;
  let rest: Rest;
  let worker: Worker;
  let requests: ReceivedRecord[];

  beforeAll(async () => {
    taskwire = await startApp({ types: TYPES });
    another = await taskwire.startAnother();
    rest = new Rest(taskwire.url);
    worker = await Worker.connect();
    requests = await worker.read(taskwire.requestTopic);
  });

  afterAll(async () => {
    await worker.close();
    await taskwire.close();
  });

  const ended = (id: string): Promise<WholeTaskJson> =>
    eventually(async () => {
      const task = await rest.task(id);
      expect(task.finishedAt).not.toBeNull();
      return task;
    }, SLOWLY);
  const reached = (id: string, expected: Partial<WholeTaskJson>): Promise<WholeTaskJson> =>
    eventually(async () => {
      const task = await rest.task(id);
      expect(task).toMatchObject(expected);
      return task;
    }, SLOWLY);
  const history = async (id: string) => (await rest.events(id)).map(({ type }) => type);
  const requestsOf = (id: string) => requests.filter(({ value }) => String(value).includes(id));
  const requested = (id: string, count: number): Promise<ReceivedRecord[]> =>
    eventually(() => {
      expect(requestsOf(id).length).toBeGreaterThanOrEqual(count);
      return requestsOf(id);
    }, SLOWLY);
  /** On one partition, so that answers are read in their order. */
  const answer = (id: string, value: object) =>
    worker.send(taskwire.resultTopic, { partition: 0, value: JSON.stringify({ taskId: id, ...value }) });
  const dispatchOf = async (id: string) => {
    const [row] = await taskwire.app
      .get(DataSource)
      .query<{ state: string; dueAt: Date }[]>(
        'SELECT state, due_at AS "dueAt" FROM dispatches WHERE task_id = $1',
        [id],
      );
    return row;
  };
  /** Lets a task's expiry be now, as if the time until then had gone by. */
  const moveExpiry = (id: string) =>
    taskwire.app.get(DataSource).query(
      `WITH task AS (UPDATE tasks SET expires_at = now() WHERE id = $1)
       UPDATE dispatches SET expires_at = now(), due_at = now() WHERE task_id = $1`,
      [id],
    );
  const sent = (id: string) =>
    eventually(async () => {
      const dispatch = await dispatchOf(id);
      expect(dispatch?.state).toBe('sent');
      return dispatch;
    }, SLOWLY);

  describe('a task with a delay', () => {
    it('is scheduled, expires counted from when it is due, and is not sent', async () => {
      const task = await rest.submit({ payload: {}, delaySeconds: 3600, expiresInSeconds: 60 });
      expect(task.status).toBe('scheduled');
      expect(Date.parse(task.runAt ?? '') - Date.parse(task.createdAt)).toBe(3_600_000);
      expect(Date.parse(task.expiresAt) - Date.parse(task.runAt ?? '')).toBe(60_000);
      expect(await rest.task(task.id)).toEqual(task);
      expect(await dispatchOf(task.id)).toEqual({ state: 'scheduled', dueAt: new Date(task.runAt ?? '') });
    });

    it('becomes queued when it is due, and only then goes out', async () => {
      const task = await rest.submit({ payload: {}, delaySeconds: 1 });
      const [record] = await requested(task.id, 1);
      expect(record?.timestamp).toBeGreaterThanOrEqual(Date.parse(task.runAt ?? ''));
      expect(await rest.task(task.id)).toMatchObject({
        status: 'queued',
        seq: 2,
        attempt: 1,
        runAt: task.runAt,
      });
      expect(await history(task.id)).toEqual(['submitted', 'queued']);
    });

    it('takes no answer before it is due', async () => {
      const { id } = await rest.submit({ payload: {}, delaySeconds: 3600 });
      const proof = await rest.submit();
      await answer(id, { status: 'DONE' });
      await answer(proof.id, { status: 'DONE' });
      await ended(proof.id);
      expect((await rest.task(id)).status).toBe('scheduled');
    });
  });

  describe('a task with a time', () => {
    it('is due then, whatever the offset it is given in', async () => {
      const runAt = new Date(Date.now() + 3_600_000).toISOString();
      const shifted = new Date(Date.parse(runAt) + 7_200_000).toISOString().replace('Z', '+02:00');
      const task = await rest.submit({ payload: {}, runAt: shifted });
      expect(task).toMatchObject({ status: 'scheduled', runAt });
    });

    it('is queued at once when that is over', async () => {
      const task = await rest.submit({ payload: {}, runAt: '2020-01-01T00:00:00Z', expiresInSeconds: 60 });
      expect(task).toMatchObject({ status: 'queued', runAt: '2020-01-01T00:00:00.000Z' });
      expect(Date.parse(task.expiresAt) - Date.parse(task.createdAt)).toBe(60_000);
      await requested(task.id, 1);
    });

    it('goes out by the order in which they are due, and then in which they were accepted, within a key', async () => {
      const orderingKey = unique('key');
      const at = (ms: number) => new Date(Math.ceil(Date.now() / 1000) * 1000 + ms).toISOString();
      const [late, early] = [at(1_600), at(1_500)];
      const tasks: WholeTaskJson[] = [];
      for (const runAt of [late, early, late, early, late]) {
        tasks.push(await rest.submit({ payload: {}, orderingKey, runAt }));
      }
      const expected = [1, 3, 0, 2, 4].map((index) => tasks[index]?.id);
      await eventually(() => {
        const sentIds = requests
          .filter(({ key }) => key === orderingKey)
          .map(({ headers }) => headers['taskwire-task-id']);
        expect(sentIds).toEqual(expected);
      }, SLOWLY);
    });
  });

  it('keeps the order of a key also where one process alone could not do all that is due', async () => {
    const orderingKey = unique('key');
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const tasks = Array<object>(1000).fill({ payload: {}, orderingKey, runAt });
    await rest.post('/v1/tasks/batch', { tasks });
    const due = 'UPDATE dispatches SET due_at = now() WHERE ordering_key = $1';
    await taskwire.app.get(DataSource).query(due, [orderingKey]);
    const rows = await eventually(async () => {
      const numbered = await taskwire.app.get(DataSource).query<{ id: string }[]>(
        `SELECT task_id AS id FROM dispatches WHERE ordering_key = $1 AND ordering_number IS NOT NULL
         ORDER BY ordering_number`,
        [orderingKey],
      );
      expect(numbered).toHaveLength(tasks.length);
      return numbered.map(({ id }) => id);
    }, SLOWLY);
    expect(rows).toEqual([...rows].sort());
  });

  describe('a task expires', () => {
    it('while a worker has it', async () => {
      const { id } = await rest.submit({ payload: {}, expiresInSeconds: 1 });
      const task = await ended(id);
      expect(task).toMatchObject({ status: 'expired', error: null, result: null });
      expect(task.finishedAt && task.finishedAt >= task.expiresAt).toBe(true);
      expect(await history(id)).toEqual(['submitted', 'expired']);
      expect(await dispatchOf(id)).toBeUndefined();
    });

    it('while it runs, and takes no answer after that', async () => {
      const { id } = await rest.submit();
      await answer(id, { status: 'RUNNING', progress: 10 });
      await reached(id, { status: 'running' });
      await moveExpiry(id);
      expect((await ended(id)).status).toBe('expired');
      const proof = await rest.submit();
      await answer(id, { status: 'DONE' });
      await answer(proof.id, { status: 'DONE' });
      await ended(proof.id);
      expect((await rest.task(id)).status).toBe('expired');
    });

    it('while it waits for its next attempt, however long the back-off', async () => {
      const { id, expiresAt } = await rest.submit({ type: 'backing', payload: {}, expiresInSeconds: 60 });
      await answer(id, { status: 'FAILED', error: { message: 'no', retryable: true } });
      await reached(id, { status: 'scheduled' });
      expect((await dispatchOf(id))?.dueAt).toEqual(new Date(expiresAt));
      await moveExpiry(id);
      expect((await ended(id)).status).toBe('expired');
      expect(await history(id)).toEqual(['submitted', 'retrying', 'expired']);
    });
  });

  describe('an attempt with a time limit', () => {
    it('is followed by the next with back-off, and the budget’s last by a dead letter with the payload', async () => {
      const { id } = await rest.submit('{"type":"limited","payload":{"n":9007199254740993}}');
      const task = await ended(id);
      expect(task).toMatchObject({ status: 'dead_lettered', attempt: 2, maxAttempts: 2, progress: 0 });
      expect(task.error).toMatchObject({ type: 'AttemptTimeout', code: 'attempt_timeout' });
      expect(await history(id)).toEqual(['submitted', 'retrying', 'queued', 'dead_lettered']);
      const [, retrying] = await rest.events(id);
      expect(retrying).toMatchObject({ status: 'scheduled', attempt: 2, data: { reason: 'time_limit' } });
      expect((await requested(id, 2)).map(({ headers }) => headers['taskwire-attempt'])).toEqual(['1', '2']);
      const { json } = await rest.get<PageJson<LetterJson>>(`/v1/dead-letters?taskId=${id}`);
      expect(json.items).toMatchObject([
        {
          kind: 'request',
          status: 'open',
          topic: taskwire.requestTopic,
          original: { topic: null, partition: null, offset: null, timestamp: null },
          value: '{"n":9007199254740993}',
          error: { code: 'attempt_timeout' },
          attempts: 2,
          taskId: id,
        },
      ]);
      // Whichever of the two had the turn.
      const urls = [taskwire.url, await another.getUrl()];
      const scrapes = urls.map(async (url) => (await fetch(`${url}/metrics`)).text());
      const metrics = (await Promise.all(scrapes)).join('\n');
      expect(metrics).toMatch(/^taskwire_dead_letters_total\{topic="[^"]+",code="attempt_timeout"\} 1$/m);
    });

    it('is measured from when it was sent, and again from each report, also one that says nothing new', async () => {
      const { id, createdAt } = await rest.submit({ type: 'patient', payload: {} });
      const first = await sent(id);
      expect(first?.dueAt.getTime()).toBeGreaterThanOrEqual(Date.parse(createdAt) + 600_000);
      const report = async () => {
        const before = await dispatchOf(id);
        await answer(id, { status: 'RUNNING', progress: 5 });
        await eventually(async () => {
          const after = await dispatchOf(id);
          expect(after?.dueAt.getTime()).toBeGreaterThan(before?.dueAt.getTime() ?? NaN);
        }, SLOWLY);
      };
      await report();
      const { updatedAt, seq } = await rest.task(id);
      expect((await dispatchOf(id))?.dueAt.getTime()).toBe(Date.parse(updatedAt) + 600_000);
      await report();
      expect(await rest.task(id)).toMatchObject({ seq, updatedAt });
    });
  });

  describe('a failure that may be retried', () => {
    const failed = { status: 'FAILED', error: { type: 'E', message: 'no', retryable: true } };

    it('is followed by the next attempt after the back-off, until the budget is used up', async () => {
      const { id } = await rest.submit({ type: 'failing', payload: {} });
      await answer(id, { ...failed, attempt: 1 });
      const waiting = await reached(id, { attempt: 2 });
      await requested(id, 2);
      expect(Date.parse(waiting.runAt ?? '')).toBeGreaterThan(Date.parse(waiting.createdAt) + 500);
      await answer(id, { ...failed, attempt: 2 });
      const task = await ended(id);
      expect(task).toMatchObject({ status: 'failed', attempt: 2, error: { type: 'E', message: 'no' } });
      expect(await history(id)).toEqual(['submitted', 'retrying', 'queued', 'failed']);
    });

    it('lets a late success of the attempt before count, though not its failure', async () => {
      const { id } = await rest.submit({ type: 'backing', payload: {} });
      await answer(id, failed);
      await reached(id, { attempt: 2, status: 'scheduled' });
      await answer(id, { ...failed, attempt: 1 });
      await answer(id, { status: 'DONE', late: true });
      expect(await ended(id)).toMatchObject({ status: 'succeeded', attempt: 2, result: { late: true } });
      expect(await history(id)).toEqual(['submitted', 'retrying', 'succeeded']);
    });
  });
});

describeWithServices('while the broker is away', ['postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;

  beforeAll(async () => {
    taskwire = await startApp({ env: { KAFKA_BROKERS: '127.0.0.1:1' } });
    rest = new Rest(taskwire.url);
  });

  afterAll(() => taskwire.close());

  it('tasks are accepted, stay queued, and expire in time', async () => {
    const mortal = await rest.submit({ payload: {}, expiresInSeconds: 1 });
    const other = await rest.submit();
    await eventually(async () => {
      expect((await rest.task(mortal.id)).status).toBe('expired');
    }, SLOWLY);
    expect((await rest.task(other.id)).status).toBe('queued');
  });
});
