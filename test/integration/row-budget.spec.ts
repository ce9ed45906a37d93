import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { TopicKeeper } from '../../src/dispatch/topic-keeper.js';
import { Retention } from '../../src/tasks/retention.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/postgres.js';
import { Rest } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

const ROWS = 30_000;
const TASKS = 300;
const SLOWLY = { timeoutMs: 60_000 };

/** Half of the tasks are open and wait for their worker, the others have succeeded. */
const FILL = `
  WITH task AS (
    INSERT INTO tasks (id, type, status, attempt, max_attempts, attempts_used, owner, correlation_id, payload, progress,
      message, seq, created_at, updated_at, attempt_at, expires_at, expires_in_seconds, finished_at)
    SELECT (overlay(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - n), 12, '0') PLACING '-' FROM 9 FOR 0)
        || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      'default', CASE WHEN n % 2 = 0 THEN 'queued' ELSE 'succeeded' END, 1, 3, 0, 'owner ' || n % 100,
      'correlation ' || n, '{"a":1}', 0, 'Task Received', 1, now(), now(), now(), now() + interval '7 days', 604800,
      CASE WHEN n % 2 = 1 THEN now() END
    FROM generate_series(1, ${ROWS}) AS n
    RETURNING *
  ), event AS (
    INSERT INTO task_events (task_id, seq, type, status, attempt, at)
    SELECT id, 1, 'submitted', 'queued', 1, now() FROM task
  ), dispatch AS (
    INSERT INTO dispatches (task_id, attempt, type, owner, state, due_at, correlation_id, accepted_at, expires_at)
    SELECT id, 1, type, owner, 'sent', expires_at, correlation_id, created_at, expires_at FROM task
    WHERE finished_at IS NULL
  ), letter AS (
    INSERT INTO dead_letters (id, identity, status, kind, topic, headers, error_type, error_message, fingerprint,
      task_id, failed_at, received_at, truncated)
    SELECT id, id::text::bytea, 'discarded', 'request', 'topic', '{}', 'E', 'm', id::text, id, now(), now(), false
    FROM task WHERE finished_at IS NULL
  )
  INSERT INTO idempotency_keys (owner, key, task_id, request_hash, created_at)
  SELECT owner, id::text, id, '', now() FROM task`;

const COUNTS = `
  SELECT relname AS "table", n_tup_ins AS inserted, n_tup_upd AS updated, n_tup_hot_upd AS hot, n_tup_del AS deleted,
    seq_scan AS scans
  FROM pg_stat_user_tables
  WHERE schemaname = current_schema()
    AND relname IN ('tasks', 'task_events', 'dispatches', 'idempotency_keys', 'dead_letters')`;

type Counts = Record<'inserted' | 'updated' | 'hot' | 'deleted' | 'scans', number>;

describeWithServices('beside many other tasks', ['kafka', 'postgres'], () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;

  beforeAll(async () => {
    database = await createTestDatabase();
    const dataSource = await connect();
    await migrate(dataSource);
    await dataSource.query(FILL);
    for (const table of await counts()) await dataSource.query(`ANALYZE ${table[0]}`);
    await dataSource.destroy();
  });

  afterAll(() => database.drop());

  const connect = () => new DataSource(dataSourceOptions({ url: database.url, poolSize: 2 })).initialize();

  /** What all sessions that have ended did to the tables. */
  const counts = async (): Promise<Map<string, Counts>> => {
    const dataSource = await connect();
    const rows = await dataSource.query<({ table: string } & Counts)[]>(COUNTS);
    await dataSource.destroy();
    return new Map(rows.map(({ table, ...count }) => [table, count]));
  };

  /** What an application and its database sessions do, from its start to its end. */
  const during = async (work: (taskwire: TestApp, worker: Worker) => Promise<void>) => {
    const before = await counts();
    const taskwire = await startApp({
      types: '  unique: { TOPICS, uniqueCorrelation: true }',
      env: { DATABASE_URL: database.url },
    });
    const worker = await Worker.connect();
    try {
      await eventually(() => {
        expect(taskwire.app.get(TopicKeeper).isWritable(taskwire.requestTopic)).toBe(true);
      }, SLOWLY);
      await work(taskwire, worker);
    } finally {
      await worker.close();
      await taskwire.close();
    }
    const after = await counts();
    return (table: string, count: keyof Counts) =>
      (after.get(table)?.[count] ?? NaN) - (before.get(table)?.[count] ?? NaN);
  };

  const states = (taskwire: TestApp, ids: string[]) =>
    taskwire.app
      .get(DataSource)
      .query<{ state: string }[]>('SELECT state FROM dispatches WHERE task_id = ANY($1)', [ids]);
  const allSent = (taskwire: TestApp, ids: string[]) =>
    eventually(async () => {
      const open = await states(taskwire, ids);
      expect(open.map(({ state }) => state)).toEqual(ids.map(() => 'sent'));
    }, SLOWLY);
  const allEnded = (taskwire: TestApp, ids: string[]) =>
    eventually(async () => {
      expect(await states(taskwire, ids)).toEqual([]);
    }, SLOWLY);
  const answerAll = (taskwire: TestApp, worker: Worker, names: string[]) =>
    worker.send(
      taskwire.resultTopic,
      ...names.map((taskId, n) => ({
        partition: n % 3,
        value: JSON.stringify({ taskId, status: 'DONE', text: 'x'.repeat(100) }),
      })),
    );

  it('a plain task costs four inserts, two updates (the task’s mostly HOT) and one delete', async () => {
    const change = await during(async (taskwire, worker) => {
      const rest = new Rest(taskwire.url);
      const { json } = await rest.post<{ items: { task: { id: string } }[] }>('/v1/tasks/batch', {
        tasks: Array(TASKS).fill({ payload: { text: 'x'.repeat(100) } }),
      });
      const ids = json.items.map(({ task }) => task.id);
      await allSent(taskwire, ids);
      await answerAll(taskwire, worker, ids);
      await allEnded(taskwire, ids);
    });
    expect([
      change('tasks', 'inserted'),
      change('task_events', 'inserted'),
      change('dispatches', 'inserted'),
    ]).toEqual([TASKS, 2 * TASKS, TASKS]);
    expect([
      change('tasks', 'updated'),
      change('dispatches', 'updated'),
      change('task_events', 'updated'),
    ]).toEqual([TASKS, TASKS, 0]);
    expect([change('tasks', 'deleted'), change('dispatches', 'deleted')]).toEqual([0, TASKS]);
    expect(change('tasks', 'hot')).toBeGreaterThan(0.8 * TASKS);
  });

  it('nothing on the way of a task reads a whole table', async () => {
    const change = await during(async (taskwire, worker) => {
      const rest = new Rest(taskwire.url);
      const key = { 'idempotency-key': unique('key') };
      await rest.post('/v1/tasks', { payload: {} }, key);
      await rest.post('/v1/tasks', { payload: {} }, key);
      const correlationId = unique('file');
      const first = await rest.submit({ type: 'unique', payload: {}, correlationId });
      await rest.post(
        '/v1/tasks',
        { type: 'unique', payload: {}, correlationId },
        { 'idempotency-key': unique('k') },
      );
      await answerAll(taskwire, worker, [correlationId]);
      await allEnded(taskwire, [first.id]);
      const second = await rest.submit({ payload: {}, orderingKey: 'k', delaySeconds: 0.5 });
      await allSent(taskwire, [second.id]);
      await worker.send(taskwire.resultTopic, {
        value: JSON.stringify({ taskId: second.id, status: 'FAILED' }),
      });
      await allEnded(taskwire, [second.id]);
      await rest.post(`/v1/tasks/${second.id}/retry`);
      await rest.post(`/v1/tasks/${second.id}/cancel`);
      await answerAll(taskwire, worker, ['nobody']);
      for (const query of [
        '',
        'owner=owner%207',
        'owner=*&status=queued',
        'owner=*&status=failed&status=cancelled&status=running',
        'owner=*&correlationId=correlation%207',
        'owner=*&createdAfter=2020-01-01T00:00:00Z',
        'owner=*&status=succeeded',
      ]) {
        const { status, json } = await rest.get<{ nextCursor: string | null }>(`/v1/tasks?${query}`);
        expect(status).toBe(200);
        if (json.nextCursor !== null) await rest.get(`/v1/tasks?${query}&cursor=${json.nextCursor}`);
      }
      await taskwire.app.get(Retention).round();
    });
    const tables = ['tasks', 'task_events', 'dispatches', 'idempotency_keys', 'dead_letters'];
    expect(tables.map((table) => [table, change(table, 'scans')])).toEqual(tables.map((table) => [table, 0]));
  });
});
