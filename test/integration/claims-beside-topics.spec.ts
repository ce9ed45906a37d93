import { startApp, type TestApp } from '../support/app.js';
import { ComputeWorker } from '../support/compute-worker.js';
import { eventually } from '../support/eventually.js';
import { Rest, type ProblemJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';

const SLOWLY = { timeoutMs: 30_000 };

describeWithServices('claims beside topics', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: ComputeWorker;

  beforeAll(async () => {
    taskwire = await startApp({ types: '  long: { delivery: claim }' });
    rest = new Rest(taskwire.url);
    worker = new ComputeWorker(taskwire.url);
  });

  afterAll(() => taskwire.close());

  it('hand out the tasks of their types only, and take reports of all', async () => {
    const topic = await rest.submit();
    const { id } = await rest.submit({ type: 'long', payload: {} });
    expect(await worker.claim({ max: 10 })).toMatchObject([{ taskId: id, type: 'long' }]);
    await eventually(async () => {
      const items = await worker.answer({ taskId: topic.id, status: 'DONE' });
      expect(items).toMatchObject([{ index: 0 }]);
      expect((await rest.task(topic.id)).status).toBe('succeeded');
    }, SLOWLY);
    await worker.answer({ taskId: id, attempt: 1, status: 'DONE' });
    expect((await rest.task(id)).status).toBe('succeeded');
  });

  it('refuse types whose tasks are on a topic', async () => {
    const { status, text } = await worker.tryClaim({ types: ['default'] });
    expect([status, (JSON.parse(text) as ProblemJson).code]).toEqual([400, 'invalid_request']);
  });
});
