import { jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';

const LIMIT = 30;

describeWithServices('the guard of the listeners', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([
      startApp({ env: { DLQ_LIMIT: String(LIMIT) } }),
      Worker.connect(),
    ]);
    client = new Client(taskwire.url);
  });

  afterAll(async () => {
    jest.restoreAllMocks();
    await Promise.all([taskwire.close(), worker.close()]);
  });

  const recordsLine = async (): Promise<unknown> => {
    const { dependencies } = (await client.get('/health/ready')) as { dependencies: { name: string }[] };
    return dependencies.find(({ name }) => name === 'records');
  };

  const poison = (count: number): { value: string }[] =>
    Array.from({ length: count }, (_, n) => ({ value: `not JSON ${n}` }));

  it('pauses the result listener at the limit, says so, and goes on by itself', async () => {
    expect(await recordsLine()).toEqual({ name: 'records', status: 'ok' });
    await worker.send(taskwire.resultTopic, ...poison(LIMIT));
    await eventually(async () => {
      expect((await client.letters({ limit: '200' })).items).toHaveLength(LIMIT);
      expect(await client.metric('taskwire_listener_paused', { listener: 'results' })).toBe(1);
    });
    expect(await client.metric('taskwire_unprocessable_share', { listener: 'results' })).toBe(1);
    expect(await recordsLine()).toEqual({
      name: 'records',
      status: 'degraded',
      detail:
        'Of what results read in the last minute, 100 % cannot be processed. The listener of results is paused: too many dead letters.',
    });

    const task = await client.submit();
    await worker.send(taskwire.resultTopic, { value: JSON.stringify({ taskId: task.id, status: 'DONE' }) });
    aMinuteLater();
    await eventually(async () => {
      expect((await client.task(task.id)).status).toBe('succeeded');
    });
    expect(await client.metric('taskwire_listener_paused', { listener: 'results' })).toBe(0);
    expect(await recordsLine()).toEqual({ name: 'records', status: 'ok' });
  });
});

/** Puts the clock of this process forward. */
function aMinuteLater(): void {
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + 60_000);
}
