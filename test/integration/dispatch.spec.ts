import { DataSource } from 'typeorm';
import type { Dispatch } from '../../src/dispatch/dispatch.entity.js';
import { startApp, type TestApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { contractJudge } from '../support/contract-examples.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker, type ReceivedRecord } from '../support/worker.js';

const NARROW = unique('narrow-request');
/** Kafka takes no topic whose name differs from another's in dots and underscores only. */
const OBSTACLE = unique('blocked.request');
const BLOCKED = OBSTACLE.replace('.', '_');
const DELETED = unique('deleted-request');
const TYPES = `  narrow: { requestTopic: ${NARROW}, resultTopic: ${unique('result')} }
  blocked: { requestTopic: ${BLOCKED}, resultTopic: ${unique('result')} }
  deleted: { requestTopic: ${DELETED}, resultTopic: ${unique('result')} }
  limited: { TOPICS, attemptTimeoutSeconds: 600 }`;
const LONG = { timeoutMs: 30_000 };

describeWithServices('the process that accepts a task', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;
  let requests: ReceivedRecord[];

  beforeAll(async () => {
    worker = await Worker.connect();
    await worker.create(NARROW, { 'max.message.bytes': '3000' });
    await worker.create(OBSTACLE);
    // The role web has no relay: what is sent here is sent by the fast path.
    taskwire = await startApp({ types: TYPES, env: { ROLE: 'web' } });
    client = new Client(taskwire.url);
    requests = await worker.read(taskwire.requestTopic);
    await eventually(async () => {
      expect(await notWritable()).toBe(`Cannot be written: ${BLOCKED}.`);
    }, LONG);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const requestOf = (id: string): Promise<ReceivedRecord> =>
    eventually(() => {
      const request = requests.find(({ headers }) => headers['taskwire-task-id'] === id);
      if (!request) throw new Error('the request is not there yet');
      return request;
    }, LONG);

  const dispatchOf = async (id: string): Promise<Dispatch | undefined> => {
    const [row] = await taskwire.app
      .get(DataSource)
      .query<Dispatch[]>(
        'SELECT state, holder, due_at AS "dueAt", expires_at AS "expiresAt" FROM dispatches WHERE task_id = $1',
        [id],
      );
    return row;
  };

  const untilSent = (id: string): Promise<Dispatch | undefined> =>
    eventually(async () => {
      const dispatch = await dispatchOf(id);
      expect(dispatch).toMatchObject({ state: 'sent', holder: null });
      return dispatch;
    }, LONG);

  /** The topics that health shows as degraded. */
  const notWritable = async (): Promise<string> => {
    const response = await fetch(`${taskwire.url}/health/ready`);
    const { dependencies } = (await response.json()) as {
      dependencies: { name: string; status: string; detail?: string }[];
    };
    expect(response.status).toBe(200);
    return dependencies.find(({ name, status }) => name === 'topics' && status === 'degraded')?.detail ?? '';
  };

  it('hands it out at once, and notes that it was sent', async () => {
    const { id } = await client.submit();
    await requestOf(id);
    const dispatch = await untilSent(id);
    expect(dispatch?.dueAt).toEqual(dispatch?.expiresAt);
  });

  it('notes when the attempt reaches its time limit', async () => {
    const { id, createdAt } = await client.submit({}, { type: 'limited' });
    const dueAt = (await untilSent(id))?.dueAt.getTime() ?? 0;
    const seconds = (dueAt - Date.parse(createdAt)) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(600);
    expect(seconds).toBeLessThan(630);
  });

  it.each([
    [
      '{ "fileUrl" : "/data/a.shp", "fileId":9007199254740993, "s":"\\u0000\\ud800" }',
      '"fileUrl" : "/data/a.shp", "fileId":9007199254740993, "s":"\\u0000\\ud800" }',
    ],
    ['{}', '}'],
    ['{ \n }', '}'],
  ])('writes the request as the contract says: %s', async (payload, rest) => {
    const { id } = await client.submit(payload);
    const { key, value, headers } = await requestOf(id);
    expect(key).toBe(id);
    expect(String(value)).toBe(`{"taskId":"${id}"${rest === '}' ? '' : ','}${rest}`);
    expect(contractJudge('request.schema.json')(String(value))).toEqual([]);
    expect(headers).toEqual({
      'taskwire-task-id': id,
      'taskwire-type': 'default',
      'taskwire-attempt': '1',
      'taskwire-expires-at': (await dispatchOf(id))?.expiresAt.toISOString(),
      'content-type': 'application/json',
    });
  });

  it('passes the trace context of the submission on', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await fetch(`${taskwire.url}/v1/tasks`, {
      method: 'POST',
      body: '{"payload":{}}',
      headers: { 'content-type': 'application/json', traceparent },
    });
    const { id } = (await response.json()) as { id: string };
    expect((await requestOf(id)).headers.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  it('makes a dead letter of a request that the broker will never take, and sends its neighbours', async () => {
    const sent = await worker.read(NARROW);
    const large = { type: 'narrow', payload: { text: 'x'.repeat(4_000) } };
    const small = { type: 'narrow', payload: {} };
    const tasks = [small, large, small, large, small];
    const response = await client.post('/v1/tasks/batch', { tasks });
    const { items } = (await response.json()) as { items: { task: { id: string } }[] };
    const ids = items.map(({ task }) => task.id);
    const neighbours = ids.filter((_, index) => index % 2 === 0);
    await eventually(() => {
      expect(new Set(sent.map(({ key }) => key))).toEqual(new Set(neighbours));
    }, LONG);
    for (const id of [ids[1] ?? '', ids[3] ?? '']) {
      expect(await client.ended(id)).toMatchObject({
        status: 'dead_lettered',
        error: { code: 'record_refused' },
      });
      const { items: letters } = await client.letters({ taskId: id });
      expect(letters).toMatchObject([
        {
          kind: 'request',
          topic: NARROW,
          original: { topic: null, partition: null, offset: null, timestamp: null },
          value: JSON.stringify(large.payload),
          error: { code: 'record_refused' },
        },
      ]);
    }
    const labels = { topic: NARROW, code: 'record_refused' };
    expect(await client.metric('taskwire_dead_letters_total', labels)).toBe(2);
  });

  it('holds back only the tasks of a topic that cannot be made, shows it, and sends them when it can', async () => {
    const held = [await client.submit({}, { type: 'blocked' }), await client.submit({}, { type: 'blocked' })];
    await requestOf((await client.submit()).id);
    expect(await notWritable()).toContain(BLOCKED);
    for (const { id } of held) expect(await dispatchOf(id)).toMatchObject({ state: 'unsent', holder: null });
    await taskwire.startAnother({ ROLE: 'worker' });
    await worker.delete(OBSTACLE);
    const sent = await worker.read(BLOCKED);
    await eventually(() => {
      expect(sent.map(({ key }) => key)).toEqual(expect.arrayContaining(held.map(({ id }) => id)));
    }, LONG);
    await eventually(async () => {
      expect(await notWritable()).toBe('');
    }, LONG);
  });

  it('makes a topic again that somebody has deleted, and sends what was held back meanwhile', async () => {
    await untilSent((await client.submit({}, { type: 'deleted' })).id);
    await worker.delete(DELETED);
    const { id } = await client.submit({}, { type: 'deleted' });
    await untilSent(id);
    const sent = await worker.read(DELETED);
    await eventually(() => {
      expect(sent.map(({ key }) => key)).toContain(id);
    }, LONG);
  });
});
