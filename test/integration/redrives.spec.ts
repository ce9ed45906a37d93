import { startApp, type TestApp } from '../support/app.js';
import type { LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Letters, type RedriveJson } from '../support/letters.js';
import { Rest } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

describeWithServices('redrives of many letters', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: Worker;
  let letters: Letters;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    rest = new Rest(taskwire.url);
    letters = new Letters(taskwire, worker);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  it('send the records of all open letters that match, oldest first', async () => {
    const { topic, found } = await letters.ofRecords(60);
    const answer = await letters.redrive({ filter: { topic, errorType: 'Odd' }, note: 'mended upstream' });
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/redrives/${answer.json.id}`]);
    expect(answer.json).toMatchObject({
      status: 'running',
      filter: { topic, errorType: 'Odd' },
      matched: 30,
      sent: 0,
      remaining: 30,
      by: 'local',
      note: 'mended upstream',
    });
    expect(await letters.over(answer.json.id)).toMatchObject({
      status: 'done',
      sent: 30,
      skipped: 0,
      failed: 0,
      remaining: 0,
    });
    await eventually(() => {
      expect(found.map(({ value }) => String(value))).toEqual(
        Array.from({ length: 30 }, (_, n) => `value ${2 * n + 1}`),
      );
    });
    const { json } = await rest.get<{ items: LetterJson[] }>(
      `/v1/dead-letters?topic=${topic}&status=redriven&limit=200`,
    );
    expect(json.items).toHaveLength(30);
    expect(json.items[0]).toMatchObject({
      redrivenBy: 'local',
      redriveId: answer.json.id,
      note: 'mended upstream',
    });
  });

  it('can be filtered by status as the list can, but are for open letters only', async () => {
    const { topic } = await letters.ofRecords(3);
    const [letter] = await letters.list(`topic=${topic}`);
    await rest.post(`/v1/dead-letters/${String(letter?.id)}/discard`, { note: 'nonsense' });
    const matched = async (status: string): Promise<number> => {
      const body = { filter: { topic, status }, dryRun: true };
      return (await rest.post<{ matched: number }>('/v1/redrives', body)).json.matched;
    };
    expect([await matched('open'), await matched('discarded'), await matched('redriven')]).toEqual([2, 0, 0]);
  });

  it('bring the tasks of requests back, and skip those that have moved on', async () => {
    const ids = await letters.ofTasks(40);
    await letters.sql(`UPDATE tasks SET status = 'cancelled' WHERE id = ANY($1)`, [ids.slice(0, 3)]);
    const { json } = await letters.redrive({ filter: { topic: taskwire.requestTopic } });
    expect(await letters.over(json.id)).toMatchObject({ status: 'done', matched: 40, sent: 37, skipped: 3 });
    const revived = await letters.sql(
      `SELECT FROM tasks WHERE id = ANY($1) AND attempt = 2 AND status = 'queued'`,
      [ids],
    );
    expect(revived).toHaveLength(37);
    const skipped = await rest.get<{ items: { history: object[] }[] }>(
      `/v1/dead-letters?topic=${taskwire.requestTopic}&status=open`,
    );
    expect(skipped.json.items.map(({ history }) => history)).toEqual(
      Array(3).fill([
        expect.objectContaining({ action: 'skipped', reason: 'task_moved_on', redriveId: json.id }),
      ]),
    );
  });

  it('of two operators and a user at the same moment run each task once more, not twice', async () => {
    const ids = await letters.ofTasks(60);
    const filter = { topic: taskwire.requestTopic, failedAfter: new Date(Date.now() - 60_000).toISOString() };
    const [first, second] = await Promise.all([
      letters.redrive({ filter, ratePerSecond: 200 }),
      letters.redrive({ filter, ratePerSecond: 200 }),
      ...ids.slice(0, 20).map((id) => rest.post(`/v1/tasks/${id}/retry`)),
    ]);
    const redrives = await Promise.all([letters.over(first.json.id), letters.over(second.json.id)]);
    expect(redrives.map(({ status }) => status)).toEqual(['done', 'done']);
    const rows = await letters.sql<{ attempt: number; count: number }>(
      'SELECT attempt, count(*) FROM tasks WHERE id = ANY($1) GROUP BY attempt',
      [ids],
    );
    expect(rows).toEqual([{ attempt: 2, count: 60 }]);
    const [events] = await letters.sql<{ count: number }>(
      `SELECT count(*) FROM task_events WHERE task_id = ANY($1) AND type IN ('redriven', 'retrying')`,
      [ids],
    );
    expect(events?.count).toBe(60);
  });

  it('tell in a dry run what they would be for, and send nothing', async () => {
    const { topic, found } = await letters.ofRecords(12);
    const answer = await rest.post<{ matched: number; sample: LetterJson[] }>('/v1/redrives', {
      filter: { topic },
      dryRun: true,
    });
    expect([answer.status, answer.json.matched]).toEqual([200, 12]);
    expect(answer.json.sample.map(({ original }) => original.offset)).toEqual([0, 1, 2, 3, 4]);
    const canary = await letters.redrive({ filter: { topic }, limit: 2 });
    expect(await letters.over(canary.json.id)).toMatchObject({ matched: 2, sent: 2 });
    await eventually(() => {
      expect(found.map(({ value }) => String(value))).toEqual(['value 0', 'value 1']);
    });
  });

  it('keep to their rate, and end when they are cancelled; the other letters stay open', async () => {
    const { topic, found } = await letters.ofRecords(50);
    const { json } = await letters.redrive({ filter: { topic }, ratePerSecond: 5 });
    await eventually(() => {
      expect(found.length).toBeGreaterThan(3);
    });
    const cancelled = await rest.post<RedriveJson>(`/v1/redrives/${json.id}/cancel`);
    expect([cancelled.status, cancelled.json.status]).toEqual([200, 'cancelled']);
    const again = await rest.post<{ code: string }>(`/v1/redrives/${json.id}/cancel`);
    expect([again.status, again.json.code]).toEqual([409, 'redrive_not_running']);
    const open = await eventually(async () => {
      const rows = await letters.sql<{ status: string; count: number }>(
        'SELECT status, count(*) FROM dead_letters WHERE topic = $1 AND redrive_due_at IS NULL GROUP BY status',
        [topic],
      );
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(50);
      return rows.find(({ status }) => status === 'open')?.count;
    });
    expect(open).toBeGreaterThan(30);
    expect(found.length).toBe(50 - (open ?? 0));
    const others = await letters.redrive({ filter: { topic } });
    expect(await letters.over(others.json.id)).toMatchObject({ status: 'done', sent: open });
    await eventually(() => {
      expect(new Set(found.map(({ value }) => String(value))).size).toBe(50);
    });
    const audit = await rest.get<{ items: { action: string; target: string; outcome: string }[] }>(
      '/v1/audit?limit=200',
    );
    const done = audit.json.items.filter(({ target, outcome }) => target === json.id && outcome === 'done');
    expect(done.map(({ action }) => action)).toEqual(['redrive_cancelled', 'redrive_started']);
  });

  it('that ended while a process died with their records in its hands send none of them, and free the letters', async () => {
    const { topic, found } = await letters.ofRecords(1);
    const { json } = await letters.redrive({ filter: { topic: unique('none') } });
    await letters.over(json.id);
    await letters.sql('UPDATE dead_letters SET redrive_id = $2, redrive_due_at = now() WHERE topic = $1', [
      topic,
      json.id,
    ]);
    await eventually(async () => {
      const rows = await letters.sql(
        'SELECT status, redrive_due_at AS due FROM dead_letters WHERE topic = $1',
        [topic],
      );
      expect(rows).toEqual([{ status: 'open', due: null }]);
    });
    expect(found).toEqual([]);
  });

  it('are listed, newest first', async () => {
    const { json: newest } = await letters.redrive({ filter: { topic: unique('none') } });
    const { json } = await rest.get<{ items: RedriveJson[] }>('/v1/redrives?limit=2');
    expect(json.items[0]?.id).toBe(newest.id);
    expect(await letters.over(newest.id)).toMatchObject({ status: 'done', matched: 0, sent: 0 });
  });

  it.each([
    ['no filter', {}],
    ['a filter that is none', { filter: 'all' }],
    ['a condition that is null', { filter: { errorType: null } }],
    ['an unknown condition', { filter: { color: 'red' } }],
    ['an unknown status', { filter: { status: 'lost' } }],
    ['a time that is none', { filter: { failedAfter: 'soon' } }],
    ['no rate at all', { filter: {}, ratePerSecond: 0 }],
    ['an unknown field', { filter: {}, force: true }],
  ])('are refused with %s', async (_, body) => {
    const { status, json } = await rest.post<{ code: string }>('/v1/redrives', body);
    expect([status, json.code]).toEqual([400, 'invalid_request']);
  });

  it.each(['nonsense', '01930000-0000-7000-8000-000000000000'])('are not found by %s', async (id) => {
    const answers = await Promise.all([
      rest.get<{ code: string }>(`/v1/redrives/${id}`),
      rest.post<{ code: string }>(`/v1/redrives/${id}/cancel`),
    ]);
    for (const { status, json } of answers) expect([status, json.code]).toEqual([404, 'not_found']);
  });
});
