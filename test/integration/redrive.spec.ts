import path from 'node:path';
import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Letters, type WholeLetterJson } from '../support/letters.js';
import { Rest, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { jsonOf, Worker, type RawRecord, type ReceivedRecord } from '../support/worker.js';

const TYPES = `
  checked: { TOPICS, payloadSchema: ${path.resolve('test/support/payload.schema.json')} }
  lone: { TOPICS, uniqueCorrelation: true }
`;

describeWithServices('redriving a dead letter', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: Worker;
  let requests: ReceivedRecord[];
  let results: ReceivedRecord[];
  let letters: Letters;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp({ types: TYPES }), Worker.connect()]);
    rest = new Rest(taskwire.url);
    letters = new Letters(taskwire, worker);
    [requests, results] = await Promise.all([
      worker.read(taskwire.requestTopic),
      worker.read(taskwire.resultTopic),
    ]);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const submitted = (body: object = { payload: { fileUrl: '/a.shp' } }): Promise<WholeTaskJson> =>
    rest.submit(body);

  const request = (taskId: string, attempt: number): Promise<ReceivedRecord> =>
    eventually(() => {
      const found = requests.find(
        ({ headers }) =>
          headers['taskwire-task-id'] === taskId && headers['taskwire-attempt'] === String(attempt),
      );
      if (!found) throw new Error('there is no such request yet');
      return found;
    });

  const redrive = (
    id: string,
    mend?: object,
  ): ReturnType<typeof rest.post<WholeLetterJson & { code?: string }>> =>
    rest.post(`/v1/dead-letters/${id}/redrive`, mend);

  describe('of a request', () => {
    it('brings its task back: the next attempt, a new budget, and the same payload', async () => {
      const task = await submitted();
      const { id } = await letters.ofTask(task);
      const answer = await redrive(id);
      expect([answer.status, answer.json]).toEqual([
        202,
        expect.objectContaining({ id, status: 'redriven', redrivenBy: 'local' }),
      ]);
      const record = await request(task.id, 2);
      expect(record).toMatchObject({ key: task.id });
      expect(jsonOf(record)).toEqual({ taskId: task.id, fileUrl: '/a.shp' });
      await worker.send(taskwire.resultTopic, {
        value: `{"taskId":"${task.id}","status":"DONE","attempt":2}`,
      });
      await eventually(async () => {
        expect((await rest.task(task.id)).status).toBe('succeeded');
      });
      const events = await rest.events(task.id);
      expect(events.map(({ type }) => type)).toEqual(['submitted', 'dead_lettered', 'redriven', 'succeeded']);
      expect(events[2]?.data).toEqual({ by: 'local', deadLetterId: id });
    });

    it('makes a mended value the payload, digit for digit, and shows what was mended', async () => {
      const task = await submitted();
      const { id } = await letters.ofTask(task, { trace: 'old', gone: 'x' });
      const value = `{"taskId":"${task.id}","fileUrl":"/b.shp","big":9007199254740993}`;
      const mend = { value, key: 'k', headers: { tenant: 'a', gone: null }, note: 'wrong file' };
      const { status, text } = await redrive(id, mend);
      expect(status).toBe(202);
      const record = await request(task.id, 2);
      expect(String(record.value)).toBe(`{"taskId":"${task.id}","fileUrl":"/b.shp","big":9007199254740993}`);
      expect(record).toMatchObject({
        key: 'k',
        headers: { tenant: 'a', trace: 'old', 'taskwire-attempt': '2' },
      });
      expect(record.headers).not.toHaveProperty('gone');
      expect((await rest.get(`/v1/tasks/${task.id}`)).text).toContain(
        '"payload":{"fileUrl":"/b.shp","big":9007199254740993}',
      );
      expect(text).toContain('{"path":"value.big","to":9007199254740993}');
      const [step] = (await letters.find(id)).history;
      expect(step).toMatchObject({
        action: 'redriven',
        by: 'local',
        note: 'wrong file',
        changes: [
          { path: 'value.fileUrl', from: '/a.shp', to: '/b.shp' },
          { path: 'value.big' },
          { path: 'key', from: task.id, to: 'k' },
          { path: 'headers.gone', from: 'x' },
          { path: 'headers.tenant', to: 'a' },
        ],
      });
      const events = await rest.events(task.id);
      expect(events.at(-1)).toMatchObject({
        type: 'redriven',
        data: { changes: [{ path: 'value.fileUrl' }, {}, {}, {}, {}] },
      });
    });

    it.each([
      ['is no JSON', 'nonsense', 422, 'payload_invalid'],
      ['is no object', '[1]', 422, 'payload_invalid'],
      ['is nothing', null, 422, 'payload_invalid'],
      ['breaks the schema', '{"size":"7"}', 422, 'payload_invalid'],
      ['is too large', `{"size":1${' '.repeat(270_000)}}`, 413, 'payload_too_large'],
      ['is neither text nor bytes', { fileUrl: '/b' }, 400, 'invalid_request'],
      ['has half a character', '{"fileUrl":"\ud800"}', 400, 'invalid_request'],
    ])('refuses a mended value that %s, and changes nothing', async (_, value, status, code) => {
      const task = await submitted({ type: 'checked', payload: { size: 1 } });
      const { id } = await letters.ofTask(task);
      const answer = await redrive(id, { value });
      expect([answer.status, answer.json.code]).toEqual([status, code]);
      expect(await letters.find(id)).toMatchObject({ status: 'open', history: [] });
      expect((await rest.task(task.id)).status).toBe('dead_lettered');
    });

    it('happens once, whatever two operators and a user do at the same moment', async () => {
      const task = await submitted();
      const { id } = await letters.ofTask(task);
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, () => redrive(id)),
        ...Array.from({ length: 4 }, () => rest.post(`/v1/tasks/${task.id}/retry`)),
      ]);
      const codes = answers.map(({ status, json }) =>
        `${status} ${(json as { code?: string }).code ?? ''}`.trim(),
      );
      expect(codes.filter((code) => code === '202')).toHaveLength(1);
      expect([...new Set(codes)].sort()).toEqual([
        '202',
        '409 dead_letter_not_open',
        '409 task_not_retryable',
      ]);
      expect(await rest.task(task.id)).toMatchObject({ attempt: 2, status: 'queued' });
      expect((await letters.find(id)).status).toBe('redriven');
    });

    it('leaves a task alone that has moved on', async () => {
      const task = await submitted();
      await rest.post(`/v1/tasks/${task.id}/cancel`);
      await worker.send(`${taskwire.requestTopic}-dlq`, {
        value: 'late',
        headers: { 'taskwire-task-id': task.id, 'taskwire-attempt': '1' },
      });
      const [late] = await eventually(async () => {
        const found = await letters.list(`taskId=${task.id}`);
        expect(found).toHaveLength(1);
        return found;
      });
      const answer = await redrive(late?.id ?? '');
      expect([answer.status, answer.json.code]).toEqual([409, 'task_not_redrivable']);
      expect((await letters.find(late?.id ?? '')).status).toBe('open');
      expect((await rest.task(task.id)).status).toBe('cancelled');
    });

    it('leaves a task alone that has died of something else meanwhile', async () => {
      const task = await submitted();
      const first = await letters.ofTask(task);
      await redrive(first.id);
      await worker.send(`${taskwire.requestTopic}-dlq`, {
        value: 'late',
        headers: { 'taskwire-task-id': task.id, 'taskwire-attempt': '1' },
      });
      const late = await eventually(async () => {
        const [newest] = await letters.list(`taskId=${task.id}&status=open`);
        if (!newest) throw new Error('there is no letter yet');
        return newest;
      });
      await letters.ofTask({ id: task.id, attempt: 2 });
      const answer = await redrive(late.id);
      expect([answer.status, answer.json.code]).toEqual([409, 'task_not_redrivable']);
      expect(await rest.task(task.id)).toMatchObject({ status: 'dead_lettered', attempt: 2 });
    });

    it('leaves a task alone whose correlation id another open task has', async () => {
      const correlationId = unique('file');
      const task = await submitted({ type: 'lone', correlationId, payload: {} });
      const { id } = await letters.ofTask(task);
      await submitted({ type: 'lone', correlationId, payload: {} });
      const answer = await redrive(id);
      expect([answer.status, answer.json.code]).toEqual([409, 'correlation_in_use']);
    });

    it('renews a correlation id that was made of the payload, and then answers to the new one count', async () => {
      const [wrong, right] = [unique('file'), unique('file')];
      const task = await submitted({ payload: { fileId: wrong } });
      const { id } = await letters.ofTask(task);
      expect((await redrive(id, { value: JSON.stringify({ fileId: right }) })).status).toBe(202);
      expect((await rest.task(task.id)).correlationId).toBe(right);
      await request(task.id, 2);
      await worker.send(taskwire.resultTopic, { value: `{"taskId":"${right}","status":"DONE","attempt":2}` });
      await eventually(async () => {
        expect((await rest.task(task.id)).status).toBe('succeeded');
      });
    });

    it('leaves a correlation id that was given', async () => {
      const correlationId = unique('order');
      const task = await submitted({ correlationId, payload: { fileId: 'a' } });
      const { id } = await letters.ofTask(task);
      expect((await redrive(id, { value: '{"fileId":"b"}' })).status).toBe(202);
      expect((await rest.task(task.id)).correlationId).toBe(correlationId);
    });

    it('is refused where the mended payload has the correlation id of another open task', async () => {
      const fileId = unique('file');
      await submitted({ type: 'lone', payload: { fileId } });
      const task = await submitted({ type: 'lone', payload: { fileId: unique('file') } });
      const { id } = await letters.ofTask(task);
      const answer = await redrive(id, { value: JSON.stringify({ fileId }) });
      expect([answer.status, answer.json.code]).toEqual([409, 'correlation_in_use']);
      expect((await redrive(id, { value: JSON.stringify({ fileId: unique('file') }) })).status).toBe(202);
    });

    it('that fails again makes a new letter that names the old one', async () => {
      const task = await submitted();
      const first = await letters.ofTask(task);
      await redrive(first.id);
      const second = await letters.ofTask({ id: task.id, attempt: 2 });
      expect(first).toMatchObject({ previousId: null, generation: 1 });
      expect(second).toMatchObject({ previousId: first.id, generation: 2 });
      await redrive(second.id);
      expect(await letters.ofTask({ id: task.id, attempt: 3 })).toMatchObject({
        previousId: second.id,
        generation: 3,
      });
    });
  });

  describe('of any other record', () => {
    /** A record on the result topic that our listener cannot process; resolves with its letter. */
    const poison = async (record: RawRecord): Promise<WholeLetterJson> => {
      const marker = unique('poison');
      await worker.send(taskwire.resultTopic, { ...record, headers: { ...record.headers, marker } });
      return eventually(async () => {
        const found = (await letters.list(`topic=${taskwire.resultTopic}&status=open&limit=200`)).find(
          ({ headers }) => headers.marker === marker,
        );
        if (!found) throw new Error('there is no such letter yet');
        return found;
      });
    };

    const sentAgain = (id: string): Promise<ReceivedRecord> =>
      eventually(() => {
        const found = results.find(({ headers }) => headers['taskwire-redrive-of'] === id);
        if (!found) throw new Error('it was not sent again yet');
        return found;
      });

    it('sends its bytes to the topic that it came from, without the headers of dead-lettering', async () => {
      const value = Buffer.from([0x7b, 0xff, 0x00]);
      const { id } = await poison({
        key: null,
        value,
        headers: { own: 'x', 'taskwire-dead-letter-id': 'y' },
      });
      expect((await redrive(id)).status).toBe(202);
      const record = await sentAgain(id);
      expect(record).toMatchObject({ key: null, value, headers: { own: 'x' } });
      expect(record.headers).not.toHaveProperty('taskwire-dead-letter-id');
      await eventually(async () => {
        expect(await letters.find(id)).toMatchObject({ status: 'redriven', redrivenBy: 'local' });
      });
      const [again] = await eventually(async () => {
        const found = (await letters.list(`topic=${taskwire.resultTopic}&limit=200`)).filter(
          ({ previousId }) => previousId === id,
        );
        expect(found).toHaveLength(1);
        return found;
      });
      expect(again).toMatchObject({ generation: 2, status: 'open' });
    });

    it('mended, ends the task that waited for it', async () => {
      const task = await submitted();
      const { id } = await poison({ value: `{"taskId":"${task.id}","status":"FINE"}` });
      const value = `{"taskId":"${task.id}","status":"DONE","n":1}`;
      expect((await redrive(id, { value, note: 'a wrong word' })).status).toBe(202);
      await eventually(async () => {
        expect(await rest.task(task.id)).toMatchObject({ status: 'succeeded', result: { n: 1 } });
      });
      expect(await letters.find(id)).toMatchObject({
        note: 'a wrong word',
        history: [{ action: 'redriven', changes: expect.arrayContaining([]) as unknown[] }],
      });
    });

    it('happens once, however often it is clicked', async () => {
      const { id } = await poison({ value: 'x' });
      const answers = await Promise.all(Array.from({ length: 6 }, () => redrive(id)));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409]);
      await sentAgain(id);
      await eventually(async () => {
        expect((await letters.find(id)).status).toBe('redriven');
      });
      expect((await redrive(id)).json.code).toBe('dead_letter_not_open');
      expect(results.filter(({ headers }) => headers['taskwire-redrive-of'] === id)).toHaveLength(1);
    });

    it('waits for a topic that does not exist, and holds back no other letter', async () => {
      const topic = unique('gone');
      await worker.send(`${taskwire.requestTopic}-dlq`, {
        value: JSON.stringify({
          original: { topic, partition: 0, offset: 1, value: 'v' },
          error: { type: 'E', message: 'm' },
        }),
      });
      const [lost] = await eventually(async () => {
        const found = await letters.list(`topic=${topic}`);
        expect(found).toHaveLength(1);
        return found;
      });
      expect((await redrive(lost?.id ?? '')).status).toBe(202);
      const { id } = await poison({ value: 'not lost' });
      await redrive(id);
      await sentAgain(id);
      expect((await letters.find(lost?.id ?? '')).status).toBe('open');
      await worker.create(topic);
      const found = await worker.read(topic);
      await eventually(() => {
        expect(found.map(({ value }) => String(value))).toEqual(['v']);
      });
    });
  });

  it('needs no body', async () => {
    const { id } = await letters.ofTask(await submitted());
    const response = await fetch(`${taskwire.url}/v1/dead-letters/${id}/redrive`, { method: 'POST' });
    expect([response.status, await response.text()]).toEqual([202, expect.stringContaining('redriven')]);
  });

  it('of a part of a record needs the whole value', async () => {
    await taskwire.app
      .get(DataSource)
      .query(`UPDATE dead_letters SET truncated = true WHERE topic = $1 AND status = 'open'`, [
        taskwire.resultTopic,
      ]);
    const [cut] = await letters.list(`topic=${taskwire.resultTopic}&status=open&limit=1`);
    const refused = await redrive(cut?.id ?? '');
    expect([refused.status, refused.json.code]).toEqual([409, 'dead_letter_truncated']);
    expect((await redrive(cut?.id ?? '', { value: 'whole' })).status).toBe(202);
  });
});
