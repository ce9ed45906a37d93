import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { startKafkaBroker, type KafkaBroker } from '../support/kafka.js';
import type { TaskwireProcess } from '../support/process.js';
import { describeWithServices } from '../support/services.js';
import { Installation, PATIENCE, ready } from './installation.js';
import { Load } from './load.js';
import { submitMany } from './submissions.js';

const OUTAGE_MS = 12_000;

/** Far less than a publish takes to fail. */
const PROMPT_MS = 5_000;

const HELD_BY_SOMEBODY = `
  SELECT task_id FROM dispatches WHERE state = 'unsent' AND holder IS NOT NULL AND due_at > now()`;

describeWithServices('a broker that is away', ['ownKafka', 'postgres'], () => {
  let broker: KafkaBroker;
  let installation: Installation;
  let web: TaskwireProcess;
  let worker: TaskwireProcess;

  beforeAll(async () => {
    broker = await startKafkaBroker();
    installation = await Installation.create({ brokers: broker.brokers });
    [web, worker] = await Promise.all([installation.start('web'), installation.start('worker')]);
    await Promise.all([ready(web), ready(worker)]);
    await installation.startPlainWorker();
  }, 180_000);

  afterAll(async () => {
    await installation.close();
    await broker.close();
  });

  it('for 12 s is not felt by who submits, and every task ends once', async () => {
    const load = new Load([web.url]);
    // A worker that starts while there is no broker may give up.
    await eventually(async () => {
      expect((await installation.histories())['1 submitted, 2 succeeded']).toBeGreaterThan(20);
    }, PATIENCE);
    await broker.kill();
    await pause(OUTAGE_MS / 2);
    const halfway = load.accepted.length;
    const [serving, working] = await Promise.all(
      [web, worker].map(async ({ url }) => {
        const response = await fetch(`${url}/health/ready`);
        return [response.status, ((await response.json()) as { status: string }).status];
      }),
    );
    expect([serving, working]).toEqual([
      [200, 'degraded'],
      [503, 'failed'],
    ]);
    await pause(OUTAGE_MS / 2);
    expect(load.accepted.length).toBeGreaterThan(halfway);
    await broker.start();
    await Promise.all([ready(web), ready(worker)]);
    await load.stop();

    expect(load.refused).toEqual({});
    expect(load.slowestMs).toBeLessThan(PROMPT_MS);
    await installation.expectDoneOnce(load.accepted.length);
  }, 240_000);

  it('when the web process is killed after the 202 has the tasks sent by another', async () => {
    const before = (await installation.histories())['1 submitted, 2 succeeded'] ?? 0;
    const victim = await installation.start('web');
    await ready(victim);
    const client = new Client(victim.url);
    await client.ended((await client.submit()).id);
    broker.freeze();
    const ids = await submitMany(client, 5);
    const held = await installation.query<{ task_id: string }>(HELD_BY_SOMEBODY);
    expect(held.map(({ task_id }) => task_id).sort()).toEqual(ids.sort());
    await victim.stop('SIGKILL');
    // With the frozen broker goes what the network still had for it.
    await broker.kill();
    await broker.start();
    await installation.expectDoneOnce(before + 1 + ids.length);
  }, 180_000);
});
