import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { Rest, type Answer, type ProblemJson, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { itOnServer } from '../support/test-database.js';

const TYPES = '  unique: { TOPICS, uniqueCorrelation: true }';

describeWithServices('an idempotency key', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  /** Another process on the same database. */
  let other: Rest;

  beforeAll(async () => {
    taskwire = await startApp({ types: TYPES });
    rest = new Rest(taskwire.url);
    other = new Rest(await (await taskwire.startAnother()).getUrl());
  });

  afterAll(() => taskwire.close());

  type Submitted = Answer<WholeTaskJson & ProblemJson>;
  const submit = (key: string, body: string | object, to = rest): Promise<Submitted> =>
    to.post('/v1/tasks', body, { 'idempotency-key': key });
  const isReplayed = ({ headers }: Submitted) => headers.get('idempotency-replayed');
  const countOf = async (sql: string, parameters: unknown[]): Promise<number> => {
    const [row] = await taskwire.app.get(DataSource).query<{ count: number }[]>(sql, parameters);
    return row?.count ?? NaN;
  };

  it('gives the same task again for an equal body, and says so', async () => {
    const key = unique('key');
    const first = await submit(key, '{"payload":{"a":1.0,"b":["x",{}]},"maxAttempts":2}');
    expect([first.status, isReplayed(first)]).toEqual([202, null]);
    const again = await submit(key, '{ "maxAttempts" : 2,\n"payload":{"b":[ "\\u0078" , {}],"a":1.0}}');
    expect([again.status, isReplayed(again)]).toEqual([202, 'true']);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
  });

  it('gives the task as it is now', async () => {
    const key = unique('key');
    const { json } = await submit(key, { payload: {} });
    await rest.post(`/v1/tasks/${json.id}/cancel`);
    const again = await submit(key, { payload: {} });
    expect([again.status, again.json.status]).toEqual([202, 'cancelled']);
    const waited = await rest.post('/v1/tasks?wait=5', { payload: {} }, { 'idempotency-key': key });
    expect([waited.status, waited.json.id]).toEqual([200, json.id]);
  });

  it.each([
    ['another payload', '{"payload":{"a":2}}'],
    ['another field', '{"payload":{"a":1},"maxAttempts":3}'],
    ['a number that is written otherwise', '{"payload":{"a":1.0}}'],
  ])('is refused for another body: %s', async (_, body) => {
    const key = unique('key');
    await submit(key, '{"payload":{"a":1}}');
    const { status, json } = await submit(key, body);
    expect([status, json.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is each owner’s own', async () => {
    const key = unique('key');
    const tasks = [
      await submit(key, { payload: {} }),
      await submit(key, { payload: {}, owner: 'alice' }),
      await submit(key, { payload: { b: 1 }, owner: 'bob' }),
    ];
    expect(tasks.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(tasks.map(({ json }) => json.id)).size).toBe(3);
  });

  it('makes one task of concurrent requests to two processes', async () => {
    const keys = Array.from({ length: 8 }, () => unique('key'));
    const answers = await Promise.all(
      keys.flatMap((key) => [rest, other, rest, other].map((to) => submit(key, { payload: { key } }, to))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    for (const [index] of keys.entries()) {
      const same = answers.slice(index * 4, index * 4 + 4);
      expect(new Set(same.map(({ json }) => json.id)).size).toBe(1);
      expect(same.map(isReplayed).sort()).toEqual([null, 'true', 'true', 'true']);
    }
    const tasks = `SELECT count(*) AS "count" FROM tasks WHERE payload->>'key' = ANY($1)`;
    expect(await countOf(tasks, [keys])).toBe(keys.length);
  });

  it('lets only one of two bodies through that race for it', async () => {
    const key = unique('key');
    const answers = await Promise.all([
      submit(key, { payload: { n: 1 } }, rest),
      submit(key, { payload: { n: 2 } }, other),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 422]);
  });

  it('is free again after 24 hours, and then kept for the new task', async () => {
    const key = unique('key');
    const age = `UPDATE idempotency_keys SET created_at = created_at - $2::interval WHERE key = $1`;
    const first = await submit(key, { payload: {} });
    await taskwire.app.get(DataSource).query(age, [key, '23 hours 59 minutes']);
    expect((await submit(key, { payload: {} })).json.id).toBe(first.json.id);
    await taskwire.app.get(DataSource).query(age, [key, '2 minutes']);
    const second = await submit(key, { payload: { new: true } });
    expect([second.status, isReplayed(second)]).toEqual([202, null]);
    expect((await submit(key, { payload: { new: true } })).json.id).toBe(second.json.id);
  });

  it('stays usable when the submission was refused', async () => {
    const correlationId = unique('file');
    const holder = await rest.submit({ type: 'unique', payload: {}, correlationId });
    const key = unique('key');
    const body = { type: 'unique', payload: {}, correlationId };
    const refused = await submit(key, body);
    expect([refused.status, refused.json.code]).toEqual([409, 'correlation_in_use']);
    await rest.post(`/v1/tasks/${holder.id}/cancel`);
    const accepted = await submit(key, body);
    expect([accepted.status, isReplayed(accepted)]).toEqual([202, null]);
  });

  itOnServer('stays usable when the payload could not be stored', async () => {
    const key = unique('key');
    const bomb = `${'{"a":'.repeat(25_000)}1${'}'.repeat(25_000)}`;
    expect((await submit(key, `{"payload":${bomb}}`)).status).toBe(422);
    expect((await submit(key, { payload: {} })).status).toBe(202);
  });

  it('replays a submission that would be refused by now, because its own task is in the way', async () => {
    const key = unique('key');
    const body = { type: 'unique', payload: {}, correlationId: unique('file') };
    const first = await submit(key, body);
    const again = await submit(key, body);
    expect([again.status, again.json.id]).toEqual([202, first.json.id]);
  });

  it.each([
    ['empty', ''],
    ['longer than 255 characters', 'x'.repeat(256)],
  ])('is refused when it is %s', async (_, key) => {
    const { status, json } = await submit(key, { payload: {} });
    expect([status, json.code]).toEqual([400, 'invalid_request']);
    expect(json.errors?.map(({ path }) => path)).toEqual(['idempotencyKey']);
  });

  it('may have 255 characters', async () => {
    expect((await submit(unique('k'.repeat(246)), { payload: {} })).status).toBe(202);
  });
});

describeWithServices('a correlation id that has to be unique', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let other: Rest;

  beforeAll(async () => {
    taskwire = await startApp({ types: `${TYPES}\n  sibling: { TOPICS, uniqueCorrelation: true }` });
    rest = new Rest(taskwire.url);
    other = new Rest(await (await taskwire.startAnother()).getUrl());
  });

  afterAll(() => taskwire.close());

  it('is had by one open task of a result topic, whichever process is asked', async () => {
    const correlationId = unique('file');
    const body = { payload: {}, correlationId };
    const answers = await Promise.all(
      [rest, other, rest, other].map((to, n) =>
        to.post('/v1/tasks', { ...body, type: n < 2 ? 'unique' : 'sibling' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
  });

  it('is not asked for by types that do not care, and yet counts what they have', async () => {
    const correlationId = unique('file');
    await rest.submit({ payload: {}, correlationId });
    await rest.submit({ payload: {}, correlationId });
    expect((await rest.post('/v1/tasks', { type: 'unique', payload: {}, correlationId })).status).toBe(409);
  });

  it('is free once its task has ended', async () => {
    const body = { type: 'unique', payload: { fileId: unique('file') } };
    const { id } = await rest.submit(body);
    expect((await rest.post('/v1/tasks', body)).status).toBe(409);
    await rest.post(`/v1/tasks/${id}/cancel`);
    expect((await rest.post('/v1/tasks', body)).status).toBe(202);
  });
});
