import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Letters } from '../support/letters.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';

/** How many letters are sent before anybody has processed the first of them; far more than come back. */
const AHEAD = 40;
const BACK = 12;

describeWithServices('a redrive of many letters', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let worker: Worker;
  let letters: Letters;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    letters = new Letters(taskwire, worker);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const STOPPED = { status: 'stopped', stopReason: expect.stringMatching(/came back/) as string };

  /** Tasks of a redrive that is under way: those that it has brought back, first come first. */
  const revived = (ids: readonly string[]): Promise<string[]> =>
    eventually(async () => {
      const rows = await letters.sql<{ id: string }>(
        `SELECT l.task_id AS id FROM dead_letters AS l JOIN tasks AS t ON t.id = l.task_id
         WHERE t.id = ANY($1) AND t.attempt = 2 AND l.status = 'redriven' ORDER BY l.id`,
        [ids],
      );
      expect(rows.length).toBeGreaterThan(AHEAD);
      return rows.map(({ id }) => id);
    });

  it('stops by itself when most of the tasks whose end is known come back, however many nobody has taken yet', async () => {
    const ids = await letters.ofTasks(150);
    const { json } = await letters.redrive({ filter: { topic: taskwire.requestTopic }, ratePerSecond: 20 });
    await letters.die((await revived(ids)).slice(0, BACK), 2);
    const stopped = await letters.over(json.id);
    expect(stopped).toMatchObject(STOPPED);
    expect(stopped.remaining).toBeGreaterThan(20);
  });

  it('goes on when most of them end well', async () => {
    const ids = await letters.ofTasks(70);
    const filter = {
      topic: taskwire.requestTopic,
      errorType: 'Unknown',
      failedAfter: new Date(Date.now() - 60_000),
    };
    await letters.sql(`UPDATE dead_letters SET error_type = 'Of another test' WHERE task_id <> ALL($1)`, [
      ids,
    ]);
    const { json } = await letters.redrive({ filter, ratePerSecond: 20 });
    const taken = (await revived(ids)).slice(0, 36);
    const well = taken.filter((_, index) => index % 3 !== 2);
    await worker.send(
      taskwire.resultTopic,
      ...well.map((id) => ({ value: `{"taskId":"${id}","status":"DONE"}` })),
    );
    await eventually(async () => {
      expect(
        await letters.sql(`SELECT FROM tasks WHERE id = ANY($1) AND status = 'succeeded'`, [well]),
      ).toHaveLength(24);
    });
    await letters.die(
      taken.filter((id) => !well.includes(id)),
      2,
    );
    expect(await letters.over(json.id)).toMatchObject({ status: 'done', sent: 70 });
  });

  it('stops by itself when most records up to the last that came back did, however many nobody has read yet', async () => {
    const { topic, found } = await letters.ofRecords(150);
    const { json } = await letters.redrive({ filter: { topic }, ratePerSecond: 20 });
    await eventually(() => {
      expect(found.length).toBeGreaterThan(AHEAD);
    });
    await letters.comeBack(found.slice(0, BACK));
    const stopped = await letters.over(json.id);
    expect(stopped).toMatchObject(STOPPED);
    expect(stopped.remaining).toBeGreaterThan(20);
  });

  it('goes on when most records are read without a letter', async () => {
    const { topic, found } = await letters.ofRecords(140);
    const { json } = await letters.redrive({ filter: { topic, errorType: 'Odd' }, ratePerSecond: 20 });
    await eventually(() => {
      expect(found.length).toBeGreaterThan(36);
    });
    await letters.comeBack(found.filter((_, index) => index % 3 === 2).slice(0, BACK));
    expect(await letters.over(json.id)).toMatchObject({ status: 'done', sent: 70 });
  });
});
