import { v7 as uuidv7 } from 'uuid';
import { createApp } from '../../src/app/roles.js';
import { loadConfig } from '../../src/config/load-config.js';
import { loadTaskTypes } from '../../src/task-types/load-task-types.js';
import type { TaskJson } from '../support/client.js';
import { DescribedApi, type DescribedAnswer } from '../support/described-api.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';
import { Installation, PATIENCE, ready } from './installation.js';

const JSON_TYPE = { 'content-type': 'application/json' };

function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } };
}

describeWithServices('the OpenAPI document of the built application', ['kafka', 'postgres'], () => {
  let installation: Installation;
  let worker: Worker;
  let api: DescribedApi;

  beforeAll(async () => {
    [installation, worker] = await Promise.all([Installation.create(), Worker.connect()]);
    const taskwire = await installation.start('all');
    await ready(taskwire);
    api = await DescribedApi.of(taskwire.url);
  }, 120_000);

  afterAll(() => Promise.all([installation.close(), worker.close()]));

  async function submit(body: object = { payload: {} }, headers = {}): Promise<TaskJson> {
    const answer = await api.call('post /v1/tasks', '/v1/tasks', json(body, headers));
    expect(answer.status).toBe(202);
    return JSON.parse(answer.text) as TaskJson;
  }

  /** Submits a task and has it answered. */
  async function ended(result: object, headers = {}): Promise<string> {
    const { id } = await submit({ payload: {} }, headers);
    await worker.send(installation.resultTopic, { value: JSON.stringify({ taskId: id, ...result }) });
    const task = await api.call('get /v1/tasks/{id}', `/v1/tasks/${id}?wait=30`);
    expect(task.text).not.toContain('"status":"queued"');
    return id;
  }

  async function expectProblem(code: string, answer: Promise<DescribedAnswer>): Promise<void> {
    expect(JSON.parse((await answer).text)).toMatchObject({ code });
  }

  it('describes every route of the application, and no other', async () => {
    const app = await createApp(
      loadConfig({ ...installation.settings, LOG_LEVEL: 'fatal' }),
      loadTaskTypes(null, 'kafka'),
    );
    const fastify = app.getHttpAdapter().getInstance();
    const routes: string[] = [];
    // Those of the documents themselves are there already.
    fastify.addHook('onRoute', ({ method, url }) => {
      const path = url.replaceAll(/:(\w+)/g, '{$1}');
      routes.push(...[method].flat().map((each) => `${each.toLowerCase()} ${path}`));
    });
    await app.init();
    await app.close();
    const served = new Set(routes.filter((route) => !/^(head|options) |\*/.test(route)));
    expect(served).toEqual(new Set(api.operations().map(({ name }) => name)));
  });

  it('says what each operation is for, and knows no answer without a description of its body', () => {
    for (const { name, operation } of api.operations()) {
      expect([name, operation.summary]).toEqual([name, expect.stringMatching(/./)]);
      for (const { content } of Object.values(operation.responses)) {
        for (const { schema } of Object.values(content ?? {})) expect(schema).toBeDefined();
      }
    }
  });

  it('bounds the parameters as they are checked', () => {
    const parameters = (path: string, method = 'get') =>
      Object.fromEntries(
        (api.document.paths[path]?.[method]?.parameters ?? []).map(({ name, schema }) => [name, schema]),
      );
    expect(parameters('/v1/tasks')).toMatchObject({
      limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
      status: { type: 'array', items: { enum: expect.arrayContaining(['queued', 'expired']) as unknown } },
      createdAfter: { format: 'date-time' },
      cursor: { type: 'string' },
    });
    expect(parameters('/v1/tasks', 'post')).toMatchObject({
      wait: { minimum: 0, maximum: 60 },
      'Idempotency-Key': { minLength: 1, maxLength: 255 },
    });
    expect(parameters('/v1/tasks/{id}/events')).toMatchObject({ after: { type: 'integer', minimum: 0 } });
    expect(parameters('/v1/tasks/{id}/stream')).toMatchObject({
      'Last-Event-ID': { type: 'integer' },
      after: { type: 'integer', minimum: 0 },
    });
    expect(Object.keys(parameters('/v1/dead-letters'))).toEqual(
      expect.arrayContaining([
        'topic',
        'status',
        'errorType',
        'taskId',
        'fingerprint',
        'failedAfter',
        'failedBefore',
      ]),
    );
  });

  it('is true of submitting', async () => {
    const key = { 'idempotency-key': uuidv7() };
    const post = (body: object, headers = {}, query = '') =>
      api.call('post /v1/tasks', `/v1/tasks${query}`, json(body, headers));
    await submit({
      payload: { a: [1, { b: null }] },
      orderingKey: 'k',
      correlationId: 'c',
      delaySeconds: 3600,
    });
    await ended({ status: 'DONE', vector: [0.1] }, key);
    const again = await post({ payload: {} }, key, '?wait=1');
    expect(again.status).toBe(200);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    await expectProblem('idempotency_key_reused', post({ payload: { other: 1 } }, key));
    await expectProblem('payload_invalid', post({ payload: { taskId: '1' } }));
    await expectProblem('unknown_task_type', post({ payload: {}, type: 'none' }));
    await expectProblem('invalid_request', post({ payload: 1, colour: 2 }));
    await expectProblem('payload_too_large', post({ payload: { text: 'x'.repeat(256 * 1024) } }));
    await expectProblem('forbidden', post({ payload: {} }, { origin: 'http://elsewhere.example' }));
    const text = api.call('post /v1/tasks', '/v1/tasks', {
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    await expectProblem('unsupported_media_type', text);
  });

  it('is true of a batch', async () => {
    const post = (tasks: unknown[]) => api.call('post /v1/tasks/batch', '/v1/tasks/batch', json({ tasks }));
    const once = { payload: {}, idempotencyKey: uuidv7() };
    const { text } = await post([{ payload: {} }, { payload: 1 }, { payload: { taskId: 1 } }, 7, once, once]);
    expect(text).toContain('"replayed":true');
    await expectProblem('invalid_request', post([]));
  });

  it('is true of reading, cancelling and retrying tasks', async () => {
    const { id } = await submit();
    const failed = await ended({
      status: 'FAILED',
      error: { type: 'E', message: 'no', stack: 's', code: 'c' },
    });
    await api.call('get /v1/tasks', '/v1/tasks?limit=2&status=queued&status=failed&type=default');
    await expectProblem('invalid_request', api.call('get /v1/tasks', '/v1/tasks?limit=201'));
    await expectProblem('invalid_request', api.call('get /v1/tasks/{id}', `/v1/tasks/${id}?wait=61`));
    await expectProblem('not_found', api.call('get /v1/tasks/{id}', '/v1/tasks/none'));

    const cancel = (task: string) => api.call('post /v1/tasks/{id}/cancel', `/v1/tasks/${task}/cancel`);
    expect((await cancel(id)).status).toBe(200);
    await expectProblem('task_terminal', cancel(id));
    await expectProblem('not_found', cancel(uuidv7()));

    const retry = (task: string) => api.call('post /v1/tasks/{id}/retry', `/v1/tasks/${task}/retry`);
    await expectProblem('task_not_retryable', retry(id));
    expect((await retry(failed)).status).toBe(202);
    await expectProblem('not_found', retry(uuidv7()));
  });

  it('is true of histories and streams', async () => {
    const id = await ended({ status: 'DONE' });
    const events = (query: string) => api.call('get /v1/tasks/{id}/events', `/v1/tasks/${id}/events${query}`);
    const { text } = await events('?limit=1');
    expect(JSON.parse(text)).toMatchObject({ nextCursor: '1' });
    await expectProblem('invalid_request', events('?after=x'));
    await expectProblem('not_found', api.call('get /v1/tasks/{id}/events', '/v1/tasks/none/events'));

    const stream = (lastEventId: string, task = id) =>
      api.call('get /v1/tasks/{id}/stream', `/v1/tasks/${task}/stream`, {
        headers: { 'last-event-id': lastEventId },
      });
    const { text: chunks } = await stream('0');
    const data = [...chunks.matchAll(/^data: (.*)$/gm)].map(
      ([, event]) => JSON.parse(event ?? '') as unknown,
    );
    expect(data).toHaveLength(2);
    for (const event of data)
      expect(api.differences(['components', 'schemas', 'TaskEvent'], event)).toEqual([]);
    expect((await stream('2')).status).toBe(204);
    await expectProblem('invalid_request', stream('x'));
    await expectProblem('not_found', stream('0', uuidv7()));
  });

  it('is true of what compute workers send', async () => {
    const post = (path: string, body: object) => api.call(`post ${path}`, path, json(body));
    const { id } = await submit({ type: 'claimed', payload: { a: 1 } });
    const claims = await post('/v1/claims', { types: ['claimed'], max: 2, worker: 'w', waitSeconds: 1 });
    expect(claims.text).toContain(id);
    const { text } = await post('/v1/results', {
      results: [
        { taskId: id, attempt: 1, status: 'RUNNING' },
        { taskId: id, attempt: 2, status: 'DONE' },
        { taskId: id, status: 'DONE' },
      ],
    });
    for (const outcome of ['applied', 'ignored', 'rejected'])
      expect(text).toContain(`"outcome":"${outcome}"`);
    expect((await post('/v1/claims/release', { items: [{ taskId: id, attempt: 1 }] })).status).toBe(200);
    await expectProblem('unknown_task_type', post('/v1/claims', { types: ['none'] }));
    await expectProblem('invalid_request', post('/v1/claims', { max: 0 }));
    await expectProblem('invalid_request', post('/v1/claims/release', { items: [] }));
    await expectProblem('invalid_request', post('/v1/results', { results: [] }));
  });

  it('is true of dead letters', async () => {
    const headers = { tag: ['a', 'b'], raw: Buffer.from([0xff]), text: 'x' };
    await worker.send(
      installation.resultTopic,
      { value: 'no JSON', key: 'k', headers },
      { value: Buffer.from([0xff]) },
      { value: null },
    );
    const list = (query: string) => api.call('get /v1/dead-letters', `/v1/dead-letters${query}`);
    const letters = await eventually(async () => {
      const { items } = JSON.parse((await list('')).text) as { items: { id: string }[] };
      expect(items).toHaveLength(3);
      return items;
    }, PATIENCE);
    const get = (id: string) => api.call('get /v1/dead-letters/{id}', `/v1/dead-letters/${id}`);
    for (const { id } of letters) expect((await get(id)).status).toBe(200);
    await expectProblem('invalid_request', list('?status=lost'));
    await expectProblem('not_found', get(uuidv7()));
    const groups = await api.call('get /v1/dead-letters/groups', '/v1/dead-letters/groups');
    expect(groups.text).toContain('"count":');

    const post = (id: string, action: string, body: object) =>
      api.call(`post /v1/dead-letters/{id}/${action}`, `/v1/dead-letters/${id}/${action}`, json(body));
    const [first = '', second = '', third = ''] = letters.map(({ id }) => id);
    expect((await post(first, 'redrive', { value: 'x', headers: { a: null }, note: 'n' })).status).toBe(202);
    expect((await post(second, 'discard', { note: 'n' })).status).toBe(200);
    await expectProblem('dead_letter_not_open', post(second, 'redrive', {}));
    await expectProblem('dead_letter_not_open', post(second, 'discard', { note: 'n' }));
    await expectProblem('invalid_request', post(third, 'redrive', { value: 1 }));
    await expectProblem('not_found', post(uuidv7(), 'redrive', {}));
  });

  it('is true of redrives', async () => {
    const start = (body: object) => api.call('post /v1/redrives', '/v1/redrives', json(body));
    const filter = { topic: installation.resultTopic, failedBefore: '2020-01-01T00:00:00.000Z' };
    expect((await start({ filter: { topic: installation.resultTopic }, dryRun: true })).text).toContain(
      '"sample":',
    );
    const { id } = JSON.parse((await start({ filter, ratePerSecond: 10, note: 'n' })).text) as { id: string };
    expect((await api.call('get /v1/redrives', '/v1/redrives')).text).toContain(id);
    expect((await api.call('get /v1/redrives/{id}', `/v1/redrives/${id}`)).status).toBe(200);
    const cancel = (redrive: string) =>
      api.call('post /v1/redrives/{id}/cancel', `/v1/redrives/${redrive}/cancel`);
    const running = JSON.parse((await start({ filter: {}, ratePerSecond: 1 })).text) as { id: string };
    expect((await cancel(running.id)).status).toBe(200);
    await expectProblem('redrive_not_running', cancel(running.id));
    await expectProblem('invalid_request', start({}));
    await expectProblem('not_found', cancel(uuidv7()));
  });

  it('is true of tokens', async () => {
    const id = await ended({ status: 'DONE' });
    const tokens = (body: object) => api.call('post /v1/tokens', '/v1/tokens', json(body));
    const ofTask = (task: string) => api.call('post /v1/tasks/{id}/token', `/v1/tasks/${task}/token`);
    expect((await tokens({ owner: 'alice', ttlSeconds: 60 })).status).toBe(201);
    expect((await ofTask(id)).status).toBe(201);
    await expectProblem('invalid_request', tokens({ owner: '*' }));
    await expectProblem('not_found', ofTask(uuidv7()));
  });

  it('is true of what operators read', async () => {
    for (const path of ['/v1/topics', '/v1/audit', '/metrics', '/health/live', '/health/ready']) {
      expect((await api.call(`get ${path}`, path)).status).toBe(200);
    }
  });

  it('has been seen in every answer that is no problem, but for that of a process that is not ready', () => {
    const answers = api.operations().flatMap(({ name, operation }) =>
      Object.entries(operation.responses)
        .filter(([, { content = {} }]) => !('application/problem+json' in content))
        .map(([status]) => `${name} ${status}`),
    );
    expect(answers.filter((answer) => !api.seen.has(answer))).toEqual(['get /health/ready 503']);
  });
});
