import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest, type ProblemJson } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { SECRET, tokenFor } from '../support/tokens.js';

/** Until open tasks are counted anew: a count that took long is believed for twenty times as long. */
const COUNTED = { timeoutMs: 40_000 };

/** How many open tasks an owner may have. */
const OPEN_TASKS = 3;

describeWithServices('an owner', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let alice: Rest;
  let bob: Rest;

  beforeAll(async () => {
    taskwire = await startApp({
      env: { AUTH: 'jwt', JWT_SECRET: SECRET, OWNER_OPEN_TASKS: String(OPEN_TASKS) },
    });
  });

  beforeEach(async () => {
    const rest = new Rest(taskwire.url);
    alice = rest.as(await tokenFor(unique('alice'), ['client']));
    bob = rest.as(await tokenFor(unique('bob'), ['client']));
  });

  afterAll(() => taskwire.close());

  it('who has too many open tasks gets no more until one is over, in a batch either', async () => {
    const tasks = Array.from({ length: OPEN_TASKS + 2 }, () => ({ payload: {} }));
    type Batch = { items: { task?: { id: string }; error?: { code: string } }[] };
    const { items } = (await alice.post<Batch>('/v1/tasks/batch', { tasks })).json;
    expect(items.filter(({ task }) => task)).toHaveLength(OPEN_TASKS);
    expect(items.at(-1)?.error?.code).toBe('too_many_open_tasks');
    expect((await alice.post<ProblemJson>('/v1/tasks', { payload: {} })).status).toBe(429);
    expect((await bob.post('/v1/tasks', { payload: {} })).status).toBe(202);
    await alice.post(`/v1/tasks/${items[0]?.task?.id ?? ''}/cancel`);
    await eventually(async () => {
      expect((await alice.post('/v1/tasks', { payload: {} })).status).toBe(202);
    }, COUNTED);
  });

  it('gets the task of an idempotency key again, also with too many open tasks', async () => {
    const submit = (key: string) => alice.post('/v1/tasks', { payload: {} }, { 'idempotency-key': key });
    const [first] = await Promise.all([
      submit('a'),
      ...Array.from({ length: OPEN_TASKS - 1 }, () => alice.submit()),
    ]);
    expect(first.status).toBe(202);
    const again = await submit('a');
    expect([again.status, again.json.id]).toEqual([202, first.json.id]);
    expect((await submit('b')).status).toBe(429);
    await alice.post(`/v1/tasks/${first.json.id}/cancel`);
    await eventually(async () => {
      expect((await submit('b')).status).toBe(202);
    }, COUNTED);
  });

  it('who has too many open tasks has none done again', async () => {
    const { id } = await alice.submit({ payload: {}, expiresInSeconds: 1 });
    await eventually(async () => {
      expect((await alice.get<{ status: string }>(`/v1/tasks/${id}`)).json.status).toBe('expired');
    });
    const filled: { id: string }[] = [];
    await eventually(async () => {
      filled.push(await alice.submit());
      expect(filled).toHaveLength(OPEN_TASKS);
    });
    const refused = await alice.post<ProblemJson>(`/v1/tasks/${id}/retry`);
    expect([refused.status, refused.json.code]).toEqual([429, 'too_many_open_tasks']);
    await alice.post(`/v1/tasks/${filled[0]?.id ?? ''}/cancel`);
    await eventually(async () => {
      expect((await alice.post(`/v1/tasks/${id}/retry`)).status).toBe(202);
    }, COUNTED);
  });
});
