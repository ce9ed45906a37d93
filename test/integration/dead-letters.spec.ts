import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { startApp, type TestApp } from '../support/app.js';
import { Client, type LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { jsonOf, Worker, type RawRecord } from '../support/worker.js';

const PARTITIONS = [0, 1, 2];
const BYTES = Buffer.alloc(900 * 1024, Buffer.from([0xff, 0x00, 0x7f]));

describeWithServices('dead letters', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    client = new Client(taskwire.url);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const rows = async (topic: string): Promise<number> => {
    const [row] = await taskwire.app
      .get(DataSource)
      .query<{ count: number }[]>('SELECT count(*) FROM dead_letters WHERE topic = $1', [topic]);
    return row?.count ?? 0;
  };

  /** How many records of a topic its listener has read. */
  const read = async (topic: string): Promise<number> => {
    const [row] = await taskwire.app
      .get(DataSource)
      .query<{ sum: number | null }[]>('SELECT sum(position) FROM consumer_positions WHERE topic = $1', [
        topic,
      ]);
    return Number(row?.sum);
  };

  /** Writes to a dead letter topic, and resolves when the listener has read it. */
  const tell = async (topic: string, ...records: RawRecord[]): Promise<void> => {
    await worker.send(`${topic}-dlq`, ...records);
    await eventually(async () => {
      expect(await read(`${topic}-dlq`)).toBe(await worker.written(`${topic}-dlq`));
    });
  };

  const letterOf = (taskId: string): Promise<LetterJson> =>
    eventually(async () => {
      const [letter] = (await client.letters({ taskId })).items;
      if (!letter) throw new Error('there is no such dead letter yet');
      return letter;
    });

  describe('of records that nobody can process, at the head of every partition', () => {
    const poison = PARTITIONS.map((partition): RawRecord[] => [
      {
        partition,
        key: `k${partition}`,
        value: `not JSON ${partition}`,
        headers: { trace: 'x', twice: ['a', 'b'] },
      },
      { partition, key: null, value: null },
      { partition, key: Buffer.from([0xff, partition]), value: BYTES, headers: { raw: Buffer.from([0xfe]) } },
      { partition, value: `{"taskId":"${uuidv7()}","status":"FINE"}` },
      { partition, value: `{"taskId":"${uuidv7()}","status":"DONE"}` },
    ]);
    const ids: string[] = [];

    beforeAll(async () => {
      for (const [partition, records] of poison.entries()) {
        const { id } = await client.submit();
        ids.push(id);
        // Alone, because the broker takes no batch above 1 MiB.
        for (const record of records) await worker.send(taskwire.resultTopic, record);
        await worker.send(taskwire.resultTopic, { partition, value: `{"taskId":"${id}","status":"DONE"}` });
      }
    });

    it('let the healthy records behind them arrive', async () => {
      for (const id of ids) expect((await client.ended(id)).status).toBe('succeeded');
    });

    it('have the bytes, the coordinates, and the error with its stack', async () => {
      const { items } = await client.letters({ topic: taskwire.resultTopic });
      const [letters0, letters1, letters2] = PARTITIONS.map((partition) =>
        items
          .filter(({ original }) => original.partition === partition)
          .toSorted((a, b) => Number(a.original.offset) - Number(b.original.offset)),
      );
      expect(letters0?.map(({ error }) => error.code)).toEqual([
        'invalid_json',
        'value_missing',
        'invalid_utf8',
        'status_unknown',
        'unknown_task',
      ]);
      expect(letters1?.[0]).toEqual({
        id: expect.any(String) as string,
        status: 'open',
        kind: 'result',
        topic: taskwire.resultTopic,
        original: {
          topic: taskwire.resultTopic,
          partition: 1,
          offset: 0,
          timestamp: expect.stringMatching(/Z$/) as string,
        },
        key: 'k1',
        value: 'not JSON 1',
        headers: { trace: 'x', twice: ['a', 'b'] },
        error: {
          type: 'RecordError',
          message: expect.stringContaining('not JSON') as string,
          stack: expect.stringContaining('decode-result') as string,
          code: 'invalid_json',
        },
        attempts: 1,
        group: expect.stringMatching(/-results$/) as string,
        taskId: null,
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        failedAt: expect.stringMatching(/Z$/) as string,
        receivedAt: expect.stringMatching(/Z$/) as string,
        redrivenAt: null,
        redrivenBy: null,
        note: null,
        truncated: false,
        previousId: null,
        generation: 1,
        redriveId: null,
        history: [],
      });
      expect(letters2?.[1]).toMatchObject({ key: null, value: null });
      expect(letters2?.[2]).toMatchObject({
        key: { base64: '/wI=' },
        value: { base64: BYTES.toString('base64') },
        headers: { raw: { base64: '/g==' } },
        truncated: false,
      });
    });

    it('are counted by topic and code', async () => {
      const labels = { topic: taskwire.resultTopic, code: 'status_unknown' };
      expect(await client.metric('taskwire_dead_letters_total', labels)).toBe(3);
    });

    it('are copied to the dead letter topic, where our own listener passes them over', async () => {
      const count = poison.flat().length;
      const copies = await worker.read(`${taskwire.resultTopic}-dlq`);
      await eventually(async () => {
        expect(copies).toHaveLength(count);
        expect(await read(`${taskwire.resultTopic}-dlq`)).toBe(count);
      });
      const { items } = await client.letters({ topic: taskwire.resultTopic });
      expect(items.map(({ id }) => id).sort()).toEqual(
        copies.map(({ headers }) => headers['taskwire-dead-letter-id']).sort(),
      );
      const large = copies.map(jsonOf).filter(({ truncated }) => truncated);
      expect(large).toHaveLength(3);
      expect(large[0]).toMatchObject({ original: { topic: taskwire.resultTopic, offset: 2 } });
    });
  });

  describe('that others write', () => {
    const envelope = (original: object, more: object = {}): string =>
      JSON.stringify({
        original: {
          partition: 0,
          offset: 7,
          timestamp: 1_732_242_000_500,
          key: null,
          value: '{}',
          ...original,
        },
        error: { type: 'ValueError', message: 'bad polygon', stack: 'Traceback …' },
        attempts: 3,
        group: 'workers',
        failedAt: '2026-11-22T02:20:00.250Z',
        ...more,
      });

    let nextOffset = 1_000;

    const requestLetter = (id: string, attempt: number): string =>
      envelope({
        topic: taskwire.requestTopic,
        offset: nextOffset++,
        value: `{"taskId":"${id}"}`,
        headers: { 'taskwire-task-id': id, 'taskwire-attempt': String(attempt) },
      });

    it('move the task when its request record cannot be processed at the current attempt', async () => {
      const { id } = await client.submit();
      await tell(taskwire.requestTopic, { value: requestLetter(id, 1) });
      expect(await client.ended(id)).toMatchObject({
        status: 'dead_lettered',
        error: { type: 'ValueError', message: 'bad polygon', stack: 'Traceback …' },
      });
      const letter = await letterOf(id);
      expect(letter).toMatchObject({
        kind: 'request',
        topic: taskwire.requestTopic,
        original: {
          topic: taskwire.requestTopic,
          partition: 0,
          offset: 1_000,
          timestamp: '2024-11-22T02:20:00.500Z',
        },
        value: `{"taskId":"${id}"}`,
        error: { type: 'ValueError' },
        attempts: 3,
        group: 'workers',
        failedAt: '2026-11-22T02:20:00.250Z',
      });
      const { items } = (await client.get(`/v1/tasks/${id}/events`)) as { items: object[] };
      expect(items.at(-1)).toMatchObject({ type: 'dead_lettered', data: { deadLetterId: letter.id } });
    });

    it('are kept and move nothing when the task has moved on to another attempt, or is over', async () => {
      const [open, over] = [await client.submit(), await client.submit()];
      await taskwire.app.get(DataSource).query('UPDATE tasks SET attempt = 2 WHERE id = $1', [open.id]);
      await client.post(`/v1/tasks/${over.id}/cancel`);
      const values = [requestLetter(open.id, 1), requestLetter(over.id, 1)];
      await tell(taskwire.requestTopic, ...values.map((value) => ({ value })));
      for (const { id } of [open, over]) expect((await letterOf(id)).status).toBe('open');
      expect((await client.task(open.id)).status).toBe('queued');
      expect((await client.task(over.id)).status).toBe('cancelled');
    });

    it('make one row each, however often and by whomever they are told', async () => {
      const { id } = await client.submit();
      const before = await rows(taskwire.requestTopic);
      const value = requestLetter(id, 1);
      await tell(taskwire.requestTopic, { value }, { value }, { key: 'again', value });
      expect(await rows(taskwire.requestTopic)).toBe(before + 1);
      expect(await client.history(id)).toEqual(['submitted', 'dead_lettered']);
    });

    it('make no second row of what our own listener could not process', async () => {
      await worker.send(taskwire.resultTopic, { key: 'ours', value: 'ours' });
      const ours = await eventually(async () => {
        const letter = (await client.letters()).items.find(({ value }) => value === 'ours');
        if (!letter) throw new Error('not yet');
        return letter;
      });
      const before = await rows(taskwire.resultTopic);
      const { original, group } = ours;
      const timestamp = Date.parse(original.timestamp ?? '');
      await tell(taskwire.resultTopic, { value: envelope({ ...original, timestamp }, { group }) });
      expect(await rows(taskwire.resultTopic)).toBe(before);
    });

    it('of a result record leave the task alone', async () => {
      const { id } = await client.submit();
      const value = `{"taskId":"${id}","status":"DONE"}`;
      const letter = envelope({ topic: taskwire.resultTopic, value, offset: 99 }, { taskId: id });
      await tell(taskwire.resultTopic, { value: letter });
      expect(await letterOf(id)).toMatchObject({ kind: 'result', value });
      expect((await client.task(id)).status).toBe('queued');
    });

    it('as copies of the request itself move the task that the header names', async () => {
      const { id } = await client.submit();
      const headers = { 'taskwire-task-id': id, 'taskwire-attempt': '1' };
      await tell(taskwire.requestTopic, { key: 'a customer', value: 'broken', headers });
      expect((await client.ended(id)).status).toBe('dead_lettered');
      expect(await letterOf(id)).toMatchObject({
        kind: 'request',
        original: { topic: null, partition: null, offset: null, timestamp: null },
        key: 'a customer',
        value: 'broken',
        headers,
        error: { type: 'Unknown' },
      });
    });

    it('are kept as they are when nobody knows what they mean', async () => {
      const topic = taskwire.requestTopic;
      const values = [
        null,
        Buffer.from([0xff]),
        '',
        'text',
        '[]',
        '{"original":{"value":{"base64":"?"}},"error":1}',
      ];
      const before = await rows(topic);
      await tell(topic, ...values.map((value) => ({ value })), { value: 'text' });
      expect(await rows(topic)).toBe(before + values.length + 1);
    });

    it.each([
      [
        'U+0000 and halves of characters',
        { group: '\0\ud800', error: { type: '\0', message: '\udc00', code: '\0' } },
      ],
      ['numbers out of range', { attempts: 1e12, failedAt: '+275760-09-13T00:00:00.000Z' }],
      ['a topic longer than any index takes', { original: { topic: 'x'.repeat(10_000), value: 'v' } }],
      [
        'coordinates that are none',
        { original: { topic: 't', partition: 2 ** 31, offset: 1e300, timestamp: 1e300 } },
      ],
      [
        'headers with odd names',
        { original: { topic: 't', headers: { '': '', '\0': '\ud800', __proto__: null } } },
      ],
      ['a message of 500 kB', { error: { type: 'E', message: 'm'.repeat(500_000) } }],
    ])('are stored also with %s, and let those behind arrive', async (_, odd) => {
      const { id } = await client.submit();
      const before = await taskwire.app
        .get(DataSource)
        .query<{ count: number }[]>('SELECT count(*) FROM dead_letters');
      const value = JSON.stringify({ original: { value: uuidv7() }, error: 'broken', ...odd });
      await tell(
        taskwire.requestTopic,
        { value, partition: 0 },
        { value: requestLetter(id, 1), partition: 0 },
      );
      expect((await client.ended(id)).status).toBe('dead_lettered');
      const after = await taskwire.app
        .get(DataSource)
        .query<{ count: number }[]>('SELECT count(*) FROM dead_letters');
      expect(Number(after[0]?.count)).toBe(Number(before[0]?.count) + 2);
    });
  });
});
