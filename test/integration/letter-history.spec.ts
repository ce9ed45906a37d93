import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Letters, type WholeLetterJson } from '../support/letters.js';
import { Rest } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

describeWithServices('the history of a dead letter', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: Worker;
  let letters: Letters;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    rest = new Rest(taskwire.url);
    letters = new Letters(taskwire, worker);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const steps = async (id: string): Promise<object[]> =>
    (await letters.find(id)).history.map(({ action, by, reason, redriveId }) => ({
      action,
      by,
      reason,
      redriveId,
    }));

  /** Two letters of one request: the second came when the task was dead-lettered already. */
  const twoOfOneTask = async (): Promise<[WholeLetterJson, WholeLetterJson]> => {
    const task = await rest.submit();
    return [await letters.ofTask(task), await letters.ofTask(task)];
  };

  it('says that another letter brought its task back', async () => {
    const [first, second] = await twoOfOneTask();
    expect((await rest.post(`/v1/dead-letters/${first.id}/redrive`)).status).toBe(202);
    expect((await letters.find(second.id)).status).toBe('redriven');
    expect(await steps(second.id)).toEqual([
      { action: 'closed', by: 'local', reason: 'task_redriven', redriveId: null },
    ]);
    expect(await steps(first.id)).toEqual([
      { action: 'redriven', by: 'local', reason: null, redriveId: null },
    ]);
  });

  it('says so too where one redrive was for both', async () => {
    const [first, second] = await twoOfOneTask();
    const { json } = await letters.redrive({ filter: { taskId: first.taskId } });
    expect(await letters.over(json.id)).toMatchObject({ status: 'done', sent: 1, skipped: 1 });
    const common = { by: 'local', redriveId: json.id };
    expect([...(await steps(first.id)), ...(await steps(second.id))]).toEqual([
      { ...common, action: 'redriven', reason: null },
      { ...common, action: 'closed', reason: 'task_redriven' },
    ]);
  });

  it('goes on in the letter that comes back, which is linked with the one that brought the task back', async () => {
    const [first] = await twoOfOneTask();
    await rest.post(`/v1/dead-letters/${first.id}/redrive`);
    const again = await letters.ofTask({ id: first.taskId ?? '', attempt: 2 });
    expect(again).toMatchObject({ previousId: first.id, generation: 2 });
  });

  it('says that its task was retried', async () => {
    const task = await rest.submit();
    const { id } = await letters.ofTask(task);
    expect((await rest.post(`/v1/tasks/${task.id}/retry`)).status).toBe(202);
    expect(await steps(id)).toEqual([
      { action: 'closed', by: 'local', reason: 'task_retried', redriveId: null },
    ]);
  });

  it('says that the redrive was over before its record was sent', async () => {
    const topic = unique('gone');
    await worker.send(`${taskwire.requestTopic}-dlq`, {
      value: JSON.stringify({
        original: { topic, partition: 0, offset: 1, value: 'v' },
        error: { type: 'E', message: 'm' },
      }),
    });
    const { id } = await eventually(async () => {
      const [found] = await letters.list(`topic=${topic}`);
      if (!found) throw new Error('there is no letter yet');
      return found;
    });
    const { json } = await letters.redrive({ filter: { topic } });
    await eventually(async () => {
      expect(await letters.find(id)).toMatchObject({ status: 'open', redrivenBy: 'local' });
    });
    await rest.post(`/v1/redrives/${json.id}/cancel`);
    await eventually(async () => {
      expect(await steps(id)).toEqual([
        { action: 'redriven', by: 'local', reason: null, redriveId: json.id },
        expect.objectContaining({ action: 'cancelled', reason: 'redrive_over', redriveId: json.id }),
      ]);
    });
    expect(await letters.find(id)).toMatchObject({ status: 'open', redrivenBy: null });
  });
});
