import { SubmitService } from '../../src/tasks/submit.service.js';
import { submissionOf } from '../../src/tasks/submission.js';
import { TaskTypes } from '../../src/task-types/task-types.js';
import { startApp, type TestApp } from '../support/app.js';
import { Rest, type ProblemJson } from '../support/rest.js';
import { itOnServer } from '../support/test-database.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';

const TYPES = `
  strict: { TOPICS, payloadSchema: SCHEMA, maxAttempts: 7, expiresInSeconds: 60 }
  unique: { TOPICS, uniqueCorrelation: true }
`;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DAY_MS = 24 * 60 * 60 * 1000;
const LIMIT = 256 * 1024;

describeWithServices('submitting', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;

  beforeAll(async () => {
    const schema = new URL('../support/payload.schema.json', import.meta.url).pathname;
    taskwire = await startApp({ types: TYPES.replace('SCHEMA', schema) });
    rest = new Rest(taskwire.url);
  });

  afterAll(() => taskwire.close());

  const refusal = async (body: string | object): Promise<[number, string, string[]]> => {
    const { status, json } = await rest.post<ProblemJson>('/v1/tasks', body);
    return [status, json.code, (json.errors ?? []).map(({ path }) => path)];
  };

  describe('answers 202', () => {
    it('with the task as it is in the database, every field of it, and where to find it', async () => {
      const { status, headers, json } = await rest.post('/v1/tasks', '{"payload":{"fileUrl":"/data/a.shp"}}');
      expect([status, headers.get('location')]).toEqual([202, `/v1/tasks/${json.id}`]);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.has('idempotency-replayed')).toBe(false);
      expect(json).toEqual({
        id: expect.stringMatching(UUID_V7) as string,
        type: 'default',
        status: 'queued',
        attempt: 1,
        maxAttempts: 3,
        owner: 'local',
        orderingKey: null,
        correlationId: null,
        payload: { fileUrl: '/data/a.shp' },
        result: null,
        error: null,
        progress: 0,
        message: 'Task Received',
        seq: 1,
        createdAt: expect.stringMatching(TIME) as string,
        updatedAt: json.createdAt,
        runAt: null,
        expiresAt: new Date(Date.parse(json.createdAt) + 7 * DAY_MS).toISOString(),
        startedAt: null,
        finishedAt: null,
      });
      expect(await rest.task(json.id)).toEqual(json);
      expect(await rest.events(json.id)).toEqual([
        {
          taskId: json.id,
          seq: 1,
          type: 'submitted',
          status: 'queued',
          attempt: 1,
          at: json.createdAt,
          data: {},
        },
      ]);
    });

    it('with every field that was asked for', async () => {
      const fields = { type: 'strict', orderingKey: 'k', correlationId: 'c', maxAttempts: 1, owner: 'alice' };
      const task = await rest.submit({ ...fields, payload: { size: 1 }, expiresInSeconds: 30 });
      expect(task).toMatchObject(fields);
      expect(Date.parse(task.expiresAt) - Date.parse(task.createdAt)).toBe(30_000);
    });

    it('with the type’s own budget and expiry where none is asked for; null is nothing asked for', async () => {
      const nothing = { maxAttempts: null, expiresInSeconds: null, runAt: null, delaySeconds: null };
      const task = await rest.submit({ type: 'strict', payload: { size: 1 }, ...nothing, owner: null });
      expect(task).toMatchObject({ maxAttempts: 7, runAt: null, status: 'queued', owner: 'local' });
      expect(Date.parse(task.expiresAt) - Date.parse(task.createdAt)).toBe(60_000);
    });

    it('once the task is committed', async () => {
      const { id } = await rest.submit();
      await expect(rest.task(id)).resolves.toMatchObject({ id });
    });
  });

  describe('keeps the payload', () => {
    it.each([
      ['numbers of any size', '{"fileId": 9007199254740993, "e":1.0e+400,"z":-0.10}'],
      ['order, white space and escapes', '{ "b" :\t1,"a":\n[ "\\u0041\\/" ] }'],
      ['U+0000', '{"s":"a\\u0000b"}'],
      ['half a surrogate pair', '{"s":"\\ud800"}'],
      [
        'names that JavaScript knows',
        '{"constructor":1,"toString":2,"hasOwnProperty":3,"then":4,"length":5}',
      ],
      ['two members with one name', '{"a":1,"a":2}'],
      ['depth', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
    ])('as it was sent: %s', async (_, payload) => {
      const { status, text, headers } = await rest.post('/v1/tasks', `{ "payload" : ${payload} }`);
      expect(status).toBe(202);
      expect(text).toContain(`"payload":${payload},`);
      expect((await rest.get(headers.get('location') ?? '')).text).toContain(`"payload":${payload},`);
    });

    it('up to 256 KiB, counted in bytes as sent', async () => {
      const payload = (bytes: number) => `{"s":"${'é'.repeat((bytes - 8) / 2)}"}`;
      expect(Buffer.byteLength(payload(LIMIT))).toBe(LIMIT);
      expect((await rest.post('/v1/tasks', `{"payload":${payload(LIMIT)}}`)).status).toBe(202);
      expect(await refusal(`{"payload":${payload(LIMIT + 2)}}`)).toEqual([413, 'payload_too_large', []]);
      expect(await refusal(`{"payload":{${' '.repeat(LIMIT)}}}`)).toEqual([413, 'payload_too_large', []]);
    });
  });

  describe('refuses, with the place that is wrong,', () => {
    const payload = {};
    const long = 'x'.repeat(513);
    it.each<[string, object, string[]]>([
      ['no payload', {}, ['payload']],
      ['a payload that is text', { payload: '{}' }, ['payload']],
      ['a payload that is a list', { payload: [] }, ['payload']],
      ['no payload but null', { payload: null }, ['payload']],
      ['a field that it does not know', { payload, colour: 1 }, ['colour']],
      ['a field of a batch’s item', { payload, idempotencyKey: 'a' }, ['idempotencyKey']],
      ['a type that is no text', { payload, type: 1 }, ['type', 'type']],
      [
        'an ordering key that is no text',
        { payload, orderingKey: 1 },
        ['orderingKey', 'orderingKey', 'orderingKey'],
      ],
      ['an empty ordering key', { payload, orderingKey: '' }, ['orderingKey']],
      ['an ordering key with U+0000', { payload, orderingKey: 'a\0' }, ['orderingKey']],
      ['an ordering key with half a pair', { payload, orderingKey: '\udc00' }, ['orderingKey']],
      ['a correlation id with U+0000', { payload, correlationId: '\0' }, ['correlationId']],
      ['a correlation id that is too long', { payload, correlationId: long }, ['correlationId']],
      ['a correlation id with half a pair', { payload, correlationId: 'a\ud800' }, ['correlationId']],
      ['a time that is none', { payload, runAt: 'tomorrow' }, ['runAt']],
      ['a date without a time', { payload, runAt: '2030-01-01' }, ['runAt']],
      ['a time without an offset', { payload, runAt: '2030-01-01T00:00:00' }, ['runAt']],
      ['a week', { payload, runAt: '2030-W01-1T00:00:00Z' }, ['runAt']],
      ['the 30th of February', { payload, runAt: '2030-02-30T00:00:00Z' }, ['runAt']],
      ['the year 0', { payload, runAt: '0000-01-01T00:00:00Z' }, ['runAt']],
      ['a time that nobody lives to see', { payload, runAt: '9999-12-31T23:59:59Z' }, ['runAt']],
      ['a number as a time', { payload, runAt: 1 }, ['runAt']],
      ['two times', { payload, runAt: '2030-01-01T00:00:00Z', delaySeconds: 1 }, ['delaySeconds']],
      ['a delay into the past', { payload, delaySeconds: -1 }, ['delaySeconds']],
      [
        'a delay that is text',
        { payload, delaySeconds: '1' },
        ['delaySeconds', 'delaySeconds', 'delaySeconds'],
      ],
      ['an endless delay', { payload, delaySeconds: 1e300 }, ['delaySeconds']],
      ['no time to expire', { payload, expiresInSeconds: 0 }, ['expiresInSeconds']],
      ['half a second to expire', { payload, expiresInSeconds: 1.5 }, ['expiresInSeconds']],
      ['no attempt', { payload, maxAttempts: 0 }, ['maxAttempts']],
      ['too many attempts', { payload, maxAttempts: 1001 }, ['maxAttempts']],
      ['an owner with U+0000', { payload, owner: '\0' }, ['owner']],
    ])('%s', async (_, body, paths) => {
      expect(await refusal(body)).toEqual([400, 'invalid_request', paths]);
    });

    it.each(['', '{', '[]', 'null', '"text"', '{"payload":{"__proto__":1}}'])('the body %s', async (body) => {
      expect((await refusal(body)).slice(0, 2)).toEqual([400, 'invalid_request']);
    });

    it('a body that is longer than any task, without a look at it', async () => {
      expect(await refusal(`{"payload":{} ${' '.repeat(1024 * 1024)}`)).toEqual([
        413,
        'payload_too_large',
        [],
      ]);
    });

    it('a task type that does not exist', async () => {
      expect(await refusal({ payload, type: 'nobody' })).toEqual([422, 'unknown_task_type', []]);
      expect(await refusal({ payload, type: 'constructor' })).toEqual([422, 'unknown_task_type', []]);
      expect(await refusal({ payload, type: '\0' })).toEqual([422, 'unknown_task_type', []]);
    });

    it.each(['{"taskId":"1"}', '{"a":1,"taskId":null}', '{"t\\u0061skId":1}'])(
      'a payload that brings its own taskId: %s',
      async (own) => {
        expect(await refusal(`{"payload":${own}}`)).toEqual([422, 'payload_invalid', ['payload.taskId']]);
      },
    );

    it('a payload that breaks the schema of its type', async () => {
      expect(await refusal({ type: 'strict', payload: { size: 'x', list: [1, {}], extra: 1 } })).toEqual([
        422,
        'payload_invalid',
        ['payload.extra', 'payload.size', 'payload.list.1'],
      ]);
      expect(await refusal({ type: 'strict', payload: {} })).toEqual([
        422,
        'payload_invalid',
        ['payload.size'],
      ]);
    });

    it('fields of a payload that Nest would have dropped before the schema saw them', async () => {
      expect(await refusal('{"type":"strict","payload":{"size":1,"prototype":1,"constructor":1}}')).toEqual([
        422,
        'payload_invalid',
        ['payload.prototype', 'payload.constructor'],
      ]);
    });

    it('a payload that is deeper than its schema can follow', async () => {
      const tree = `${'{"t":'.repeat(20_000)}{}${'}'.repeat(20_000)}`;
      expect(await refusal(`{"type":"strict","payload":{"size":1,"tree":${tree}}}`)).toEqual([
        422,
        'payload_invalid',
        ['payload'],
      ]);
    });
  });

  describe('takes for the correlation id', () => {
    it.each<[string, string, string | null]>([
      ['the payload’s fileId', '{"fileId":"f-1"}', 'f-1'],
      ['a number as its text', '{"fileId":9007199254740993}', '9007199254740993'],
      ['nothing that could not be a key', '{"fileId":"\\u0000"}', null],
      ['nothing that is empty', '{"fileId":""}', null],
      ['nothing that is neither text nor number', '{"fileId":[1]}', null],
    ])('%s', async (_, payload, correlationId) => {
      expect((await rest.submit(`{"payload":${payload}}`)).correlationId).toBe(correlationId);
    });

    it('what was asked for before the payload’s fileId', async () => {
      const task = await rest.submit({ payload: { fileId: 'f-1' }, correlationId: 'mine' });
      expect(task.correlationId).toBe('mine');
    });
  });

  itOnServer('lets one payload that cannot be stored fail its own request only', async () => {
    const bomb = `${'{"a":'.repeat(25_000)}1${'}'.repeat(25_000)}`;
    const neighbours = Array.from({ length: 40 }, (_, n) => rest.post('/v1/tasks', { payload: { n } }));
    const bad = rest.post<ProblemJson>('/v1/tasks', `{"payload":${bomb}}`);
    const more = Array.from({ length: 40 }, (_, n) => rest.post('/v1/tasks', { payload: { n } }));
    const { status, json } = await bad;
    expect([status, json.code]).toEqual([422, 'payload_invalid']);
    const statuses = (await Promise.all([...neighbours, ...more])).map((answer) => answer.status);
    expect(new Set(statuses)).toEqual(new Set([202]));
  });

  itOnServer('lets it fail alone also where it shares a commit for sure', async () => {
    const type = taskwire.app.get(TaskTypes).orDefault('default');
    const context = { type, owner: 'local', traceparent: null, idempotencyKey: null };
    const submit = (payload: string) => {
      const submission = submissionOf({ payload: {} }, `{"payload":${payload}}`, context);
      return taskwire.app.get(SubmitService, { strict: false }).submit(submission);
    };
    const bomb = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const payloads = Array.from({ length: 30 }, (_, n) => (n % 10 === 7 ? `{"a":${bomb}}` : `{"n":${n}}`));
    const outcomes = await Promise.allSettled(payloads.map(submit));
    expect(outcomes.map(({ status }) => status)).toEqual(
      payloads.map((_, n) => (n % 10 === 7 ? 'rejected' : 'fulfilled')),
    );
    const ids = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value.task.id] : [],
    );
    expect(await Promise.all(ids.map((id) => rest.task(id).then((task) => task.id)))).toEqual(ids);
  });

  describe('with ?wait', () => {
    let worker: Worker;

    beforeAll(async () => {
      worker = await Worker.connect();
      await worker.work(taskwire.requestTopic, taskwire.resultTopic, ({ value }) => {
        const { taskId, answer } = JSON.parse(String(value)) as { taskId: string; answer?: string };
        return answer === undefined ? [] : { value: `{"taskId":"${taskId}","status":"DONE","v":${answer}}` };
      });
    });

    afterAll(() => worker.close());

    it('answers 200 with the finished task, its result as it came', async () => {
      const { status, json, text } = await rest.post(
        '/v1/tasks?wait=30',
        '{"payload":{"answer":"9007199254740993"}}',
      );
      expect(status).toBe(200);
      expect(json).toMatchObject({ status: 'succeeded', progress: 100, seq: 2 });
      expect(text).toContain('"result":{"v":9007199254740993}');
    });

    it('answers 202 with the task as it is when the time is up', async () => {
      const { status, json, headers } = await rest.post('/v1/tasks?wait=0.2', { payload: {} });
      expect([status, json.status]).toEqual([202, 'queued']);
      expect(headers.get('location')).toBe(`/v1/tasks/${json.id}`);
    });

    it.each(['61', '-1', 'x', '', '1&wait=2'])('refuses to wait for %s', async (wait) => {
      const { status, json } = await rest.post<ProblemJson>(`/v1/tasks?wait=${wait}`, { payload: {} });
      expect([status, json.code]).toEqual([400, 'invalid_request']);
    });
  });
});
