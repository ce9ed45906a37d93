import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/ports.js';
import { describeWithServices } from '../support/services.js';
import { Installation, PATIENCE, ready } from './installation.js';

describeWithServices('processes', ['kafka', 'postgres'], () => {
  let installation: Installation;

  beforeEach(async () => {
    installation = await Installation.create();
  });

  afterEach(() => installation.close());

  it('of all roles start at once on an empty schema, and work together', async () => {
    const all = await Promise.all(
      (['all', 'web', 'worker', 'worker'] as const).map((role) => installation.start(role)),
    );
    await Promise.all(all.map(ready));
    await installation.startPlainWorker();
    const tasks = all.slice(0, 2).map(async ({ url }) => {
      const client = new Client(url);
      return client.ended((await client.submit()).id);
    });
    expect(await Promise.all(tasks)).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }]);
    const migrations = 'SELECT name, count(*)::integer AS times FROM taskwire_migrations GROUP BY name';
    expect(new Set((await installation.query(migrations)).map(({ times }) => times as number))).toEqual(
      new Set([1]),
    );
  }, 120_000);

  it('of the role web start and accept tasks without a broker, which a worker sends when there is one', async () => {
    const KAFKA_BROKERS = `127.0.0.1:${await freePort()}`;
    const { url } = await installation.start('web', { KAFKA_BROKERS });
    const client = new Client(url);
    const { id } = await client.submit();
    const readiness = await fetch(`${url}/health/ready`);
    expect([readiness.status, await readiness.json()]).toMatchObject([
      200,
      {
        status: 'degraded',
        dependencies: expect.arrayContaining([
          { name: 'database', status: 'ok' },
          expect.objectContaining({ name: 'transport', status: 'degraded' }),
        ]) as unknown,
      },
    ]);

    await ready(await installation.start('worker'));
    await installation.startPlainWorker();
    await eventually(async () => {
      expect(await client.task(id)).toMatchObject({ status: 'succeeded' });
    }, PATIENCE);
  }, 120_000);

  it('of the role worker serve health and metrics, and nothing of any task', async () => {
    const { url } = await installation.start('worker');
    const statuses = [
      '/health/live',
      '/metrics',
      '/',
      '/v1/tasks',
      '/v1/dead-letters',
      '/socket.io/?EIO=4&transport=polling',
    ];
    const answers = await Promise.all(statuses.map(async (path) => (await fetch(url + path)).status));
    expect(answers).toEqual([200, 200, 404, 404, 404, 404]);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^taskwire_/m);
    expect((await new Client(url).post('/v1/tasks', { payload: {} })).status).toBe(404);
  }, 120_000);
});
