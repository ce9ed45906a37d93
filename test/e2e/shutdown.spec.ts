import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import type { TaskwireProcess } from '../support/process.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { ConsumerGroups } from './consumer-groups.js';
import { openStream } from './event-stream.js';
import { Installation, PATIENCE, ready } from './installation.js';
import { Load } from './load.js';

const SHUTDOWN_SECONDS = 20;

describeWithServices('SIGTERM under load', ['kafka', 'postgres'], ({ brokers }) => {
  let installation: Installation;
  let groups: ConsumerGroups;
  let webs: TaskwireProcess[];
  let worker: TaskwireProcess;
  let load: Load;
  let socket: SocketClient | undefined;
  let silent: SocketClient | undefined;

  beforeAll(async () => {
    groups = await ConsumerGroups.connect(brokers);
    installation = await Installation.create({ env: { SHUTDOWN_SECONDS: String(SHUTDOWN_SECONDS) } });
    [worker, ...webs] = await Promise.all([
      installation.start('worker'),
      installation.start('web'),
      installation.start('web'),
    ]);
    await Promise.all([worker, ...webs].map(ready));
    await installation.startPlainWorker();
    // Some are waiting for their tasks whenever a process ends.
    load = new Load(
      webs.map(({ url }) => url),
      '/v1/tasks?wait=1',
    );
    await eventually(() => {
      expect(load.accepted.length).toBeGreaterThan(50);
    }, PATIENCE);
  }, 180_000);

  afterAll(async () => {
    socket?.close();
    silent?.close();
    await load.stop();
    await Promise.all([installation.close(), groups.close()]);
  });

  /** Ends a process in the way of an orchestrator, and gives its exit code and how many seconds it took. */
  async function terminate(process: TaskwireProcess): Promise<{ code: number; seconds: number }> {
    const start = performance.now();
    const code = await process.stop('SIGTERM', (SHUTDOWN_SECONDS + 10) * 1000);
    return { code, seconds: (performance.now() - start) / 1000 };
  }

  it('ends a worker process in time, with everything that it did committed, and another goes on', async () => {
    const { resultTopic, resultsGroup } = installation;
    const { code, seconds } = await terminate(worker);
    expect([code, seconds < SHUTDOWN_SECONDS]).toEqual([0, true]);
    expect(await groups.committed(resultsGroup, resultTopic)).toBe(await installation.resultPosition());
    await installation.start('worker');
  }, 120_000);

  it('ends a web process in time, although clients wait for tasks, follow them, and do not answer any more', async () => {
    const [web] = webs;
    if (!web) throw new Error('there is no web process');
    const client = new Client(web.url);
    const { id } = await client.submit({}, { delaySeconds: 3600 });
    socket = await SocketClient.connect(web.url);
    await socket.ask('subscribe', { taskId: id });
    silent = await SocketClient.connect(web.url);
    silent.pause();
    const waiting = fetch(`${web.url}/v1/tasks/${id}?wait=60`);
    const stream = openStream(`${web.url}/v1/tasks/${id}/stream`);
    await eventually(() => {
      expect(stream.ids).toEqual([1]);
    }, PATIENCE);

    const { code, seconds } = await terminate(web);

    // Half way, whoever is still connected would be cut off.
    expect([code, seconds < SHUTDOWN_SECONDS / 2]).toEqual([0, true]);
    expect(await (await waiting).json()).toMatchObject({ id, status: 'scheduled' });
    expect(stream.ended).toBe(true);
  }, 120_000);

  it('costs no 202: every task that was accepted has ended once', async () => {
    await load.stop();
    expect(Object.keys(load.refused).filter((answer) => answer !== 'none')).toEqual([]);
    await installation.expectDone(load.accepted.length);
    expect(await installation.histories()).toEqual({
      '1 submitted': 1, // the one that is scheduled
      '1 submitted, 2 succeeded': load.accepted.length,
    });
  }, 120_000);
});
