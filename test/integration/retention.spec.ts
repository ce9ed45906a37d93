import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Retention } from '../../src/tasks/retention.js';
import { startApp, type TestApp } from '../support/app.js';
import { Rest } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { itOnServer } from '../support/test-database.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describeWithServices('retention', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;

  beforeAll(async () => {
    taskwire = await startApp({ env: { RETENTION_DAYS: '7' } });
    rest = new Rest(taskwire.url);
  });

  afterAll(() => taskwire.close());

  const query = (sql: string, parameters: unknown[]) =>
    taskwire.app.get(DataSource).query<{ n: number }[]>(sql, parameters);
  const sweep = () => taskwire.app.get(Retention).round();
  const count = async (table: string, column: string, value: string): Promise<number> => {
    const [row] = await query(`SELECT count(*) AS n FROM ${table} WHERE ${column} = $1`, [value]);
    return row?.n ?? NaN;
  };

  /** A task that was made so many days ago, and ended so many days ago. */
  const oldTask = async (madeDaysAgo: number, endedDaysAgo: number | null): Promise<string> => {
    const { id } = await rest.submit({ payload: {}, delaySeconds: 3600 });
    if (endedDaysAgo !== null) await rest.post(`/v1/tasks/${id}/cancel`);
    const old = uuidv7({ msecs: Date.now() - madeDaysAgo * DAY_MS });
    await query(
      `WITH events AS (UPDATE task_events SET task_id = $2 WHERE task_id = $1),
         dispatches AS (UPDATE dispatches SET task_id = $2 WHERE task_id = $1)
       UPDATE tasks SET id = $2, finished_at = now() - make_interval(days => $3) WHERE id = $1`,
      [id, old, endedDaysAgo],
    );
    return old;
  };
  const oldLetter = async (
    status: string,
    receivedDaysAgo: number,
    redrivenDaysAgo: number | null = null,
    taskId: string | null = null,
  ): Promise<string> => {
    const id = uuidv7({ msecs: Date.now() - receivedDaysAgo * DAY_MS });
    await query(
      `INSERT INTO dead_letters (id, identity, status, kind, topic, headers, error_type, error_message, fingerprint,
         failed_at, received_at, truncated, redriven_at, task_id)
       VALUES ($1, $1::uuid::text::bytea, $2, 'other', 't', '{}', 'E', 'm', 'f', now(),
         now() - make_interval(days => $3), false, now() - make_interval(days => $4), $5)`,
      [id, status, receivedDaysAgo, redrivenDaysAgo, taskId],
    );
    return id;
  };

  it('deletes tasks that ended long enough ago, with their history, and no others', async () => {
    const gone = await oldTask(40, 8);
    const endedLately = await oldTask(40, 6);
    const stillOpen = await oldTask(40, null);
    await sweep();
    expect(await count('tasks', 'id', gone)).toBe(0);
    expect(await count('task_events', 'task_id', gone)).toBe(0);
    expect((await rest.get(`/v1/tasks/${gone}`)).status).toBe(404);
    expect(await count('tasks', 'id', endedLately)).toBe(1);
    expect(await count('task_events', 'task_id', endedLately)).toBe(2);
    expect(await count('tasks', 'id', stillOpen)).toBe(1);
    expect(await count('dispatches', 'task_id', stillOpen)).toBe(1);
  });

  it('keeps a task for as long as a letter of it is open', async () => {
    const [kept, gone] = [await oldTask(40, 8), await oldTask(40, 8)];
    const letter = await oldLetter('open', 39, null, kept);
    await oldLetter('redriven', 39, 1, gone);
    await sweep();
    expect([await count('tasks', 'id', kept), await count('tasks', 'id', gone)]).toEqual([1, 0]);
    expect(await count('task_events', 'task_id', kept)).toBe(2);
    await rest.post(`/v1/dead-letters/${letter}/discard`, { note: 'no use' });
    await sweep();
    expect(await count('tasks', 'id', kept)).toBe(0);
  });

  it('deletes letters that are closed and old, and keeps open ones however old they are', async () => {
    const letters = [
      await oldLetter('discarded', 8),
      await oldLetter('redriven', 10, 8),
      await oldLetter('redriven', 10, 6),
      await oldLetter('discarded', 6),
      await oldLetter('open', 400),
    ];
    await query(
      `INSERT INTO dead_letter_actions (id, dead_letter_id, at, action)
       SELECT gen_random_uuid(), id, now(), 'discarded' FROM unnest($1::uuid[]) AS id`,
      [letters],
    );
    await sweep();
    const left = (table: string, column: string): Promise<number[]> =>
      Promise.all(letters.map((id) => count(table, column, id)));
    expect(await left('dead_letters', 'id')).toEqual([0, 0, 1, 1, 1]);
    expect(await left('dead_letter_actions', 'dead_letter_id')).toEqual([0, 0, 1, 1, 1]);
  });

  it('deletes idempotency keys after a day', async () => {
    const keys = [unique('old'), unique('young')] as const;
    for (const key of keys) await rest.post('/v1/tasks', { payload: {} }, { 'idempotency-key': key });
    const age = 'UPDATE idempotency_keys SET created_at = created_at - $2::interval WHERE key = $1';
    await query(age, [keys[0], '24 hours 1 second']);
    await query(age, [keys[1], '23 hours']);
    await sweep();
    expect(await Promise.all(keys.map((key) => count('idempotency_keys', 'key', key)))).toEqual([0, 1]);
  });

  itOnServer('leaves alone what somebody is changing at the moment, and goes on with the rest', async () => {
    const held = await oldTask(40, 30);
    const gone = await oldTask(40, 30);
    await taskwire.app.get(DataSource).transaction(async (manager) => {
      await manager.query('SELECT 1 FROM tasks WHERE id = $1 FOR NO KEY UPDATE', [held]);
      await sweep();
      expect(await count('tasks', 'id', gone)).toBe(0);
    });
    expect(await count('tasks', 'id', held)).toBe(1);
    await sweep();
    expect(await count('tasks', 'id', held)).toBe(0);
  });

  it('says that there may be more only when a round was full', async () => {
    expect(await sweep()).toBe(false);
    await query(
      `INSERT INTO idempotency_keys SELECT 'o', n::text, $1, '', now() - interval '2 days'
       FROM generate_series(1, 1001) AS n`,
      [uuidv7()],
    );
    expect([await sweep(), await sweep()]).toEqual([true, false]);
  });
});
