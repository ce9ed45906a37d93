import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { startPostgres, type PostgresServer } from '../support/postgres.js';
import type { TaskwireProcess } from '../support/process.js';
import { describeWithServices } from '../support/services.js';
import { Installation, PATIENCE, ready } from './installation.js';
import { Load } from './load.js';

describeWithServices('a PostgreSQL that is restarted under load', ['kafka', 'ownPostgres'], () => {
  let server: PostgresServer;
  let installation: Installation;
  let web: TaskwireProcess;
  let worker: TaskwireProcess;

  beforeAll(async () => {
    server = await startPostgres();
    installation = await Installation.create({ databaseUrl: server.url });
    [web, worker] = await Promise.all([installation.start('web'), installation.start('worker')]);
    await Promise.all([ready(web), ready(worker)]);
    await installation.startPlainWorker();
  }, 180_000);

  afterAll(async () => {
    await installation.close();
    await server.close();
  });

  it.each(['stop', 'kill'] as const)(
    'by a %s costs no 202 and no record: all work resumes by itself',
    async (end) => {
      const load = new Load([web.url]);
      await eventually(() => {
        expect(load.accepted.length).toBeGreaterThan(20);
      }, PATIENCE);
      await server[end]();
      await eventually(async () => {
        for (const { url } of [web, worker]) expect((await fetch(`${url}/health/ready`)).status).toBe(503);
        expect(load.refused).toEqual({ 503: expect.any(Number) as unknown });
      }, PATIENCE);
      await server.start();
      const before = load.accepted.length;
      await eventually(() => {
        expect(load.accepted.length).toBeGreaterThan(before + 20);
      }, PATIENCE);
      await load.stop();

      await eventually(async () => {
        expect(await installation.query('SELECT count(*)::integer AS open FROM dispatches')).toEqual([
          { open: 0 },
        ]);
      }, PATIENCE);
      // A commit whose answer was lost with the connection is a task, too, that nobody was told of.
      const histories = await installation.histories();
      expect(Object.keys(histories)).toEqual(['1 submitted, 2 succeeded']);
      const known = await installation.query('SELECT 1 FROM tasks WHERE id = ANY($1)', [load.accepted]);
      expect(known).toHaveLength(load.accepted.length);
      expect(await new Client(web.url).letters()).toMatchObject({ items: [] });
      await Promise.all([ready(web), ready(worker)]);
    },
    180_000,
  );
});
