import { startApp, type TestApp } from '../support/app.js';
import { Client, type LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

const OTHER_RESULTS = unique('other-result');
const TYPES = `  other: { requestTopic: ${unique('other-request')}, resultTopic: ${OTHER_RESULTS} }
  impatient: { TOPICS, retry: { backoffSeconds: 3600 } }`;

describeWithServices('a worker that knows no task id', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp({ types: TYPES }), Worker.connect()]);
    client = new Client(taskwire.url);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const answer = (value: string, more: { key?: string; timestamp?: number; topic?: string } = {}) =>
    worker.send(more.topic ?? taskwire.resultTopic, { value, ...more });

  const letterOf = (value: string): Promise<LetterJson> =>
    eventually(async () => {
      const { items } = await client.letters();
      const letter = items.find((candidate) => candidate.value === value);
      if (!letter) throw new Error('there is no such dead letter yet');
      return letter;
    });

  const ignored = (): Promise<number> =>
    client.metric('taskwire_results_total', { outcome: 'ignored', reason: 'already_terminal' });

  it("answers with the request's fileId, a number beyond 2^53, in the field taskId", async () => {
    const neighbour = await client.submit('{"fileId":9007199254740992}');
    const task = await client.submit('{"fileId":9007199254740993}');
    await answer('{"taskId":9007199254740993,"status":"DONE"}');
    expect((await client.ended(task.id)).status).toBe('succeeded');
    expect((await client.task(neighbour.id)).status).toBe('queued');
  });

  it('answers with the correlation id as the key', async () => {
    const correlationId = unique('file');
    const task = await client.submit({}, { correlationId });
    await answer('{"status":"DONE"}', { key: correlationId });
    expect((await client.ended(task.id)).status).toBe('succeeded');
  });

  it('names a task by the value before the key', async () => {
    const [inValue, inKey] = [unique('file'), unique('file')];
    const other = await client.submit({ fileId: inKey });
    const task = await client.submit({ fileId: inValue });
    await answer(`{"taskId":"${inValue}","status":"DONE"}`, { key: inKey });
    expect((await client.ended(task.id)).status).toBe('succeeded');
    expect((await client.task(other.id)).status).toBe('queued');
  });

  it('answers a task that was accepted up to 2 s after its answer, as clocks go, but no later one', async () => {
    const [soon, late] = [unique('file'), unique('file')];
    const task = await client.submit({ fileId: soon });
    const tooLate = await client.submit({ fileId: late });
    const value = `{"taskId":"${late}","status":"DONE"}`;
    await answer(value, { timestamp: Date.parse(tooLate.createdAt) - 2_001 });
    await answer(`{"taskId":"${soon}","status":"DONE"}`, { timestamp: Date.parse(task.createdAt) - 2_000 });
    expect((await client.ended(task.id)).status).toBe('succeeded');
    expect((await letterOf(value)).error.code).toBe('unknown_task');
    expect((await client.task(tooLate.id)).status).toBe('queued');
  });

  it('never answers a task that was not handed out yet', async () => {
    const fileId = unique('file');
    const planned = await client.submit({ fileId }, { delaySeconds: 3600 });
    const value = `{"taskId":"${fileId}","status":"DONE"}`;
    await answer(value);
    expect((await letterOf(value)).error.code).toBe('unknown_task');
    const task = await client.submit({ fileId });
    await answer(value);
    expect((await client.ended(task.id)).status).toBe('succeeded');
    expect((await client.task(planned.id)).status).toBe('scheduled');
  });

  it('may still answer a task that waits for its next attempt', async () => {
    const fileId = unique('file');
    const task = await client.submit({ fileId }, { type: 'impatient' });
    await answer(`{"taskId":"${fileId}","status":"FAILED","error":{"retryable":true}}`);
    await answer(`{"taskId":"${fileId}","status":"DONE"}`);
    expect((await client.ended(task.id)).status).toBe('succeeded');
    expect(await client.history(task.id)).toEqual(['submitted', 'retrying', 'succeeded']);
  });

  it('is not guessed about: an answer that two open tasks may have asked for is a dead letter', async () => {
    const fileId = unique('file');
    const tasks = [await client.submit({ fileId }), await client.submit({ fileId })];
    const value = `{"taskId":"${fileId}","status":"DONE"}`;
    await answer(value);
    expect((await letterOf(value)).error).toMatchObject({
      type: 'RecordError',
      code: 'correlation_ambiguous',
    });
    for (const { id } of tasks) expect((await client.task(id)).status).toBe('queued');
  });

  it('is ignored, and counted, when it answers a second time', async () => {
    const fileId = unique('file');
    const task = await client.submit({ fileId });
    const value = `{"taskId":"${fileId}","status":"DONE"}`;
    await answer(value);
    await client.ended(task.id);
    const before = await ignored();
    await answer(value);
    await eventually(async () => {
      expect(await ignored()).toBe(before + 1);
    });
    expect((await client.letters()).items.map((letter) => letter.value)).not.toContain(value);
  });

  it('answers the open task when others with its correlation id have ended', async () => {
    const fileId = unique('file');
    const value = `{"taskId":"${fileId}","status":"DONE"}`;
    const first = await client.submit({ fileId });
    await answer(value);
    expect((await client.ended(first.id)).status).toBe('succeeded');
    const second = await client.submit({ fileId });
    await answer(value);
    expect((await client.ended(second.id)).status).toBe('succeeded');
  });

  it('answers only tasks whose type uses the result topic', async () => {
    const fileId = unique('file');
    const task = await client.submit({ fileId });
    const other = await client.submit({ fileId }, { type: 'other' });
    await answer(`{"taskId":"${fileId}","status":"DONE"}`, { topic: OTHER_RESULTS });
    expect((await client.ended(other.id)).status).toBe('succeeded');
    expect((await client.task(task.id)).status).toBe('queued');
    await answer(`{"taskId":"${fileId}","status":"DONE"}`);
    expect((await client.ended(task.id)).status).toBe('succeeded');
  });

  it('that names no task at all leaves a dead letter', async () => {
    const value = `{"taskId":"${unique('file')}","status":"DONE"}`;
    await answer(value, { key: '0193c2f4-8a5b-7cde-9f01-23456789abcd' });
    expect((await letterOf(value)).error).toMatchObject({ type: 'RecordError', code: 'unknown_task' });
  });
});
