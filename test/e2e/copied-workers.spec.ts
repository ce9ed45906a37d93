import path from 'node:path';
import { ROOT } from '../support/cache.js';
import { Child } from '../support/child.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/ports.js';
import { createTestDatabase } from '../support/postgres.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { describeWithServices } from '../support/services.js';
import { PATIENCE } from './installation.js';

const WORKERS = path.join(ROOT, 'workers');

/** What the shell worker does: as long as the payload says, as the others do. */
const WAIT = String.raw`seconds=$(sed -n 's/.*"seconds":\([0-9]*\).*/\1/p'); exec sleep "$seconds"`;

const COMMANDS: [string, string, string[]][] = [
  ['shell and curl', 'sh', [path.join(WORKERS, 'shell', 'worker.sh'), 'sh', '-c', WAIT]],
  ['Node', process.execPath, [path.join(WORKERS, 'node', 'worker.mjs')]],
  ['Python', 'python3', [path.join(WORKERS, 'python-stdlib', 'worker.py')]],
];

describeWithServices('the workers to copy', ['postgres'], () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let env: Record<string, string>;
  let taskwire: TaskwireProcess;
  let client: Client;

  async function start(): Promise<void> {
    taskwire = await startTaskwire({ role: 'all', env });
    client = new Client(taskwire.url);
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    env = {
      DATABASE_URL: database.url,
      TRANSPORT: 'none',
      LOG_LEVEL: 'warn',
      PORT: String(await freePort()),
    };
    await start();
  });

  afterAll(async () => {
    await taskwire.stop('SIGKILL');
    await database.drop();
  });

  describe.each(COMMANDS)('%s', (_, command, args) => {
    let worker: Child;

    beforeEach(async () => {
      const settings = { TASKWIRE_URL: taskwire.url, LEASE_SECONDS: '5' };
      worker = await Child.start(command, args, { env: { PATH: process.env.PATH, ...settings } });
    });

    afterEach(async () => {
      await worker.stop();
    });

    async function expectStatus(id: string, status: string): Promise<void> {
      await eventually(async () => {
        expect([await client.task(id), worker.output()]).toMatchObject([{ status }, '']);
      }, PATIENCE);
    }

    it('keeps its task for longer than a lease, and answers', async () => {
      const { id } = await client.submit({ seconds: 8, attempt: 9 });
      expect(await client.ended(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
      const history = await client.history(id);
      expect(history.slice(0, 3)).toEqual(['submitted', 'dispatched', 'running']);
    });

    it('survives a restart of the server', async () => {
      await taskwire.stop('SIGKILL');
      await start();
      const { id } = await client.submit({ seconds: 0 });
      expect(await client.ended(id)).toMatchObject({ status: 'succeeded' });
    });

    it('gives its task back when it is stopped', async () => {
      const { id } = await client.submit({ seconds: 30 });
      await expectStatus(id, 'running');
      expect(await worker.stop('SIGTERM', 10_000)).toBe(0);
      expect(await client.task(id)).toMatchObject({ status: 'queued', attempt: 2 });
      await client.post(`/v1/tasks/${id}/cancel`);
    });

    it('stops while it waits for a task', async () => {
      const { id } = await client.submit({ seconds: 0 });
      await client.ended(id);
      expect(await worker.stop('SIGTERM', 10_000)).toBe(0);
    });
  });
});
