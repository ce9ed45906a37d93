import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { Worker } from '../support/worker.js';
import { BreakableBus } from './breakable-bus.js';
import { done } from './done.js';
import { Installation, PATIENCE, ready } from './installation.js';

/** What P7 allows, in milliseconds. */
const LIMIT = 3_000;

/** With a hint it takes less, in milliseconds; without, any time up to two seconds. */
const HINTED = 200;

describeWithServices('the end of a task whose hint was lost', ['kafka', 'postgres'], () => {
  let installation: Installation;
  let bus: BreakableBus;
  let client: Client;
  let socket: SocketClient;
  let worker: Worker;

  beforeAll(async () => {
    [installation, worker] = await Promise.all([Installation.create(), Worker.connect()]);
    bus = await BreakableBus.open(installation.databaseUrl);
    const [web, listener] = await Promise.all([
      installation.start('web', { DATABASE_URL: bus.url }),
      installation.start('worker'),
    ]);
    await Promise.all([ready(web), ready(listener)]);
    client = new Client(web.url);
    socket = await SocketClient.connect(web.url);
  }, 120_000);

  afterEach(() => {
    bus.mend();
  });

  afterAll(async () => {
    socket.close();
    await Promise.all([installation.close(), worker.close()]);
    await bus.close();
  });

  /** Ends a new task, and gives how long after the database knew the socket did, in milliseconds. */
  async function timeToSocket(): Promise<number> {
    const { id } = await client.submit();
    await socket.ask('subscribe', { taskId: id });
    await worker.send(installation.resultTopic, done(id));
    await eventually(
      async () => {
        expect(await client.task(id)).toMatchObject({ status: 'succeeded' });
      },
      { ...PATIENCE, intervalMs: 5 },
    );
    const known = performance.now();
    await eventually(() => {
      expect(socket.events.at(-1)).toMatchObject({ taskId: id, seq: 2, type: 'succeeded' });
    });
    return performance.now() - known;
  }

  async function busStatus(): Promise<string> {
    const { dependencies } = (await client.get('/health/ready')) as {
      dependencies: { name: string; status: string }[];
    };
    return dependencies.find(({ name }) => name === 'event-bus')?.status ?? '';
  }

  it('reaches a socket within 3 s, although the bus looks well and heard nothing', async () => {
    bus.mute();
    const times = [await timeToSocket(), await timeToSocket(), await timeToSocket(), await timeToSocket()];
    expect(Math.max(...times)).toBeLessThan(LIMIT);
    // Or it would have been told.
    expect(Math.max(...times)).toBeGreaterThan(HINTED);
    expect(bus.lostHints).toBeGreaterThanOrEqual(times.length);
    expect(await busStatus()).toBe('ok');
  }, 90_000);

  it('reaches a socket within 3 s while the bus cannot connect', async () => {
    bus.cut();
    const times = [await timeToSocket(), await timeToSocket(), await timeToSocket()];
    expect(Math.max(...times)).toBeLessThan(LIMIT);
    expect(await busStatus()).toBe('degraded');
  }, 90_000);

  it('reaches a socket at once again when the bus is mended', async () => {
    await eventually(async () => {
      expect(await busStatus()).toBe('ok');
    }, PATIENCE);
    const times = [await timeToSocket(), await timeToSocket(), await timeToSocket(), await timeToSocket()];
    expect(Math.min(...times)).toBeLessThan(HINTED);
  }, 90_000);
});
