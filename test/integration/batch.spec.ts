import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { Rest, type ProblemJson, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { itOnServer } from '../support/test-database.js';

interface Batch {
  items: { index: number; task?: WholeTaskJson; replayed?: true; error?: ProblemJson & { status: number } }[];
}

const TYPES = 'unique: { TOPICS, uniqueCorrelation: true }';

describeWithServices('submitting a batch', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;

  beforeAll(async () => {
    taskwire = await startApp({ types: `  ${TYPES}` });
    rest = new Rest(taskwire.url);
  });

  afterAll(() => taskwire.close());

  const batch = async (tasks: unknown): Promise<Batch['items']> => {
    const { status, json, text } = await rest.post<Batch>(
      '/v1/tasks/batch',
      typeof tasks === 'string' ? tasks : { tasks },
    );
    if (status !== 202) throw new Error(`${status} ${text}`);
    return json.items;
  };
  /** More fields than any body has. */
  const MANY = Array.from({ length: 200 }, (_, index) => [`f${index}`, 0]);

  const codes = (items: Batch['items']) => items.map(({ error }) => error?.code ?? 'accepted');

  it('takes a thousand tasks, answers for each in its place, and keeps their order', async () => {
    const items = await batch(
      Array.from({ length: 1000 }, (_, n) => ({ payload: { n }, orderingKey: `k${n % 3}` })),
    );
    expect(items.map(({ index, task }) => [index, task?.payload])).toEqual(
      Array.from({ length: 1000 }, (_, n) => [n, { n }]),
    );
    const ids = items.map(({ task }) => task?.id);
    expect([...ids].sort()).toEqual(ids);
    const numbered = await taskwire.app
      .get(DataSource)
      .query<{ id: string }[]>(
        'SELECT task_id AS id FROM dispatches WHERE ordering_number IS NOT NULL ORDER BY ordering_number',
      );
    expect(numbered.map(({ id }) => id)).toEqual(ids);
  });

  it('keeps each payload as it was sent', async () => {
    const { text } = await rest.post(
      '/v1/tasks/batch',
      '{"tasks": [ {"payload": {"n": 9007199254740993 }} , { "payload":{"s":"\\u0000]"}} ]}',
    );
    expect(text).toContain('"payload":{"n": 9007199254740993 }');
    expect(text).toContain('"payload":{"s":"\\u0000]"}');
  });

  it('lets each task stand alone: what is wrong with one is a problem in its place', async () => {
    const tooLarge = { payload: { s: 'x'.repeat(256 * 1024) } };
    const items = await batch([
      { payload: { n: 0 } },
      { payload: 1 },
      null,
      'text',
      [],
      { payload: {}, colour: 1 },
      { payload: {}, type: 'nobody' },
      { payload: { taskId: 1 } },
      tooLarge,
      { payload: {}, orderingKey: '\0' },
      { payload: {}, idempotencyKey: 'x'.repeat(256) },
      { payload: {}, idempotencyKey: 'a\0' },
      { payload: {}, idempotencyKey: '' },
      { payload: { n: 1 } },
    ]);
    expect(codes(items)).toEqual([
      'accepted',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'unknown_task_type',
      'payload_invalid',
      'payload_too_large',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'accepted',
    ]);
    expect(items[5]).toEqual({
      index: 5,
      error: {
        type: 'urn:taskwire:error:invalid_request',
        title: 'The request is not valid',
        status: 400,
        detail: expect.stringContaining('colour') as string,
        code: 'invalid_request',
        instance: '/v1/tasks/batch',
        errors: [{ path: 'colour', message: 'property colour should not exist' }],
      },
    });
  });

  itOnServer('lets a payload that nests deeper than the database can follow fail alone', async () => {
    const bomb = `${'{"a":'.repeat(25_000)}1${'}'.repeat(25_000)}`;
    const items = await batch(`{"tasks":[{"payload":{}},{"payload":${bomb}},{"payload":{}}]}`);
    expect(codes(items)).toEqual(['accepted', 'payload_invalid', 'accepted']);
  });

  it('lets a task that is longer than any may be fail alone', async () => {
    const note = 'x'.repeat(1024 * 1024);
    const items = await batch(`{"tasks":[{"payload":{}},{"payload":{"note":"${note}"}},{"payload":{}}]}`);
    expect(codes(items)).toEqual(['accepted', 'payload_too_large', 'accepted']);
  });

  it('refuses a task alone that would change a prototype, and says so', async () => {
    const tasks =
      '{"payload":{}},{"payload":{"__proto__":1}},{"payload":{"a":{"constructor":{"prototype":1}}}},null';
    const items = await batch(`{"tasks":[${tasks}]}`);
    expect(codes(items)).toEqual(['accepted', 'invalid_request', 'invalid_request', 'invalid_request']);
    expect(items.map(({ error }) => error?.detail.includes('__proto__'))).toEqual([
      undefined,
      true,
      true,
      false,
    ]);
  });

  it.each([
    ['no tasks', '{}'],
    ['an empty list', '{"tasks":[]}'],
    ['a list that is too long', JSON.stringify({ tasks: Array(1001).fill({ payload: {} }) })],
    ['tasks that are no list', '{"tasks":{}}'],
    [
      'more fields than any body has',
      JSON.stringify({ tasks: [{ payload: {} }], ...Object.fromEntries(MANY) }),
    ],
    ['something besides', '{"tasks":[{"payload":{}}],"wait":1}'],
    ['a list alone', '[{"payload":{}}]'],
    ['half an object', '{"tasks":[{"payload":{}}]'],
    ['a task that is no JSON', '{"tasks":[{"payload":{}},{"payload":{]}]}'],
    ['a byte order mark before a task', '{"tasks":[\ufeff{"payload":{}}]}'],
    ['a prototype', '{"tasks":[{"payload":{}}],"__proto__":{}}'],
    ['no body', ''],
  ])('refuses all of it for %s', async (_, body) => {
    const { status, json } = await rest.post<ProblemJson>('/v1/tasks/batch', body);
    expect([status, json.code]).toEqual([400, 'invalid_request']);
  });

  describe('with idempotency keys', () => {
    it('makes one task of two items with the same key and body, and marks the second', async () => {
      const idempotencyKey = unique('key');
      const items = await batch([
        { payload: { a: 1, b: 2 }, idempotencyKey },
        { idempotencyKey, payload: { b: 2, a: 1 } },
        { payload: { other: 1 }, idempotencyKey },
      ]);
      expect(codes(items)).toEqual(['accepted', 'accepted', 'idempotency_key_reused']);
      expect(items[1]?.task).toEqual(items[0]?.task);
      expect(items.map(({ replayed }) => replayed)).toEqual([undefined, true, undefined]);
    });

    it('answers a repeated batch with the same tasks', async () => {
      const tasks = [1, 2, 3].map((n) => ({ payload: { n }, idempotencyKey: unique('key') }));
      const first = await batch(tasks);
      const second = await batch([...tasks, { payload: {} }]);
      expect(second.slice(0, 3).map(({ task }) => task?.id)).toEqual(first.map(({ task }) => task?.id));
      expect(second.map(({ replayed }) => replayed)).toEqual([true, true, true, undefined]);
    });

    it('knows a key from a header, too', async () => {
      const idempotencyKey = unique('key');
      const task = await rest.post('/v1/tasks', { payload: { n: 1 } }, { 'idempotency-key': idempotencyKey });
      const [item] = await batch([{ payload: { n: 1 }, idempotencyKey }]);
      expect(item).toMatchObject({ replayed: true, task: { id: task.json.id } });
    });
  });

  it('lets only one of two items have a correlation id that has to be unique', async () => {
    const correlationId = unique('file');
    const items = await batch([
      { type: 'unique', payload: {}, correlationId },
      { type: 'unique', payload: {}, correlationId },
    ]);
    expect(codes(items)).toEqual(['accepted', 'correlation_in_use']);
  });
});
