import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { Worker, type RawRecord } from '../support/worker.js';
import { ConsumerGroups } from './consumer-groups.js';
import { done } from './done.js';
import { Installation, PATIENCE, ready } from './installation.js';
import { submitMany } from './submissions.js';

const TASKS = 300;

const ENDED_ONCE = /^1 submitted, (?:2 running, )?(?:3 progress, )?\d succeeded$/;

function report(taskId: string, fields: object): RawRecord {
  return { value: JSON.stringify({ taskId, status: 'RUNNING', ...fields }) };
}

describeWithServices('records of one task', ['kafka', 'postgres'], ({ brokers }) => {
  let installation: Installation;
  let webUrl: string;
  let client: Client;
  let worker: Worker;
  let groups: ConsumerGroups;

  beforeAll(async () => {
    [installation, worker, groups] = await Promise.all([
      Installation.create(),
      Worker.connect(),
      ConsumerGroups.connect(brokers),
    ]);
    webUrl = (await installation.start('web')).url;
    client = new Client(webUrl);
  }, 120_000);

  afterAll(() => Promise.all([installation.close(), worker.close(), groups.close()]));

  it('that come in one batch, a start, progress and the end, are its steps in that order', async () => {
    const { id } = await client.submit();
    const socket = await SocketClient.connect(webUrl);
    await socket.ask('subscribe', { taskId: id });
    // Nobody listens yet: all of them are one batch.
    const records = [
      report(id, { progress: 10 }),
      report(id, { progress: 60, message: 'half\u0000way' }),
      done(id, { text: 'a\u0000b' }),
    ];
    await worker.send(
      installation.resultTopic,
      ...records.map((record): RawRecord => ({ ...record, partition: 0 })),
    );
    await ready(await installation.start('worker'));
    await eventually(() => {
      expect(socket.events).toMatchObject([
        { seq: 2, type: 'running', data: { progress: 10 } },
        { seq: 3, type: 'progress', data: { progress: 60, message: 'half\ufffdway' } },
        { seq: 4, type: 'succeeded', data: { result: { text: 'a\u0000b' } } },
      ]);
    }, PATIENCE);
    socket.close();
    expect(await client.task(id)).toMatchObject({ status: 'succeeded', result: { text: 'a\u0000b' } });
    expect(await client.letters()).toMatchObject({ items: [] });
  }, 120_000);

  it('that two listeners have in crossed batches end it once, with one of the results', async () => {
    const { resultTopic, resultsGroup } = installation;
    const second = await installation.start('worker');
    await groups.expectMembers(resultsGroup, 2);
    const ids = await submitMany(client, TASKS);
    const crossed = [ids, ids.toReversed(), ids];
    await Promise.all(
      crossed.map(async (order, partition) => {
        for (const status of ['RUNNING', 'DONE']) {
          const records = order.map((taskId) => JSON.stringify({ taskId, status, partition }));
          await worker.send(resultTopic, ...records.map((value) => ({ value, partition })));
        }
      }),
    );

    await eventually(
      async () => {
        expect(await groups.committed(resultsGroup, resultTopic)).toBe(crossed.length * TASKS * 2 + 3);
      },
      { ...PATIENCE, intervalMs: 200 },
    );
    const histories = await installation.histories();
    expect(Object.keys(histories).filter((history) => !ENDED_ONCE.test(history))).toEqual([]);
    expect(await installation.query('SELECT 1 FROM dispatches')).toEqual([]);
    expect(await client.letters()).toMatchObject({ items: [] });
    expect(
      await new Client(second.url).metric('taskwire_results_total', { outcome: 'applied' }),
    ).toBeGreaterThan(0);
  }, 180_000);
});
