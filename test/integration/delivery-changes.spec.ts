import { startApp, type TestApp } from '../support/app.js';
import { ComputeWorker } from '../support/compute-worker.js';
import { eventually } from '../support/eventually.js';
import { Rest } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';

describeWithServices('a new delivery', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;

  afterEach(() => taskwire.close());

  it('from claim to topic sends what waited to be claimed', async () => {
    taskwire = await startApp({ env: { TRANSPORT: 'none' } });
    const rest = new Rest(taskwire.url);
    const ids = [(await rest.submit()).id, (await rest.submit({ payload: {}, orderingKey: 'k' })).id];
    const worker = await Worker.connect();
    await taskwire.startAnother({ TRANSPORT: 'kafka' });
    const requests = await worker.read(taskwire.requestTopic);
    await eventually(
      () => {
        const sent = requests.map(({ headers }) => headers['taskwire-task-id']);
        expect(sent.sort()).toEqual(ids.sort());
      },
      { timeoutMs: 40_000 },
    );
    await worker.close();
  });

  it('from topic to claim lets what could not be sent be claimed, a key in its order', async () => {
    taskwire = await startApp({ env: { KAFKA_BROKERS: '127.0.0.1:1', ROLE: 'web' } });
    const rest = new Rest(taskwire.url);
    const ids: string[] = [];
    for (let n = 0; n < 2; n++) ids.push((await rest.submit({ payload: {}, orderingKey: 'k' })).id);
    const another = await taskwire.startAnother({ TRANSPORT: 'none', ROLE: 'all' });
    const worker = new ComputeWorker(await another.getUrl());
    expect(await worker.claim({ waitSeconds: 30, max: 10 })).toMatchObject([{ taskId: ids[0] }]);
    await worker.answer({ taskId: ids[0], attempt: 1, status: 'DONE' });
    expect(await worker.claim({ waitSeconds: 30, max: 10 })).toMatchObject([{ taskId: ids[1] }]);
  });
});
