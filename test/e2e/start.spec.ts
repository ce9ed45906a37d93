import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { SETTINGS } from '../../src/config/settings.js';
import { Child } from '../support/child.js';
import { createTestDatabase } from '../support/postgres.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { describeWithServices, unique } from '../support/services.js';

function run(env: Record<string, string>, ...args: string[]): Promise<Child> {
  return Child.start(process.execPath, ['dist/main.js', ...args], {
    env: { PATH: process.env.PATH, ...env },
  });
}

/** Settings with which it would start if there were such a database. */
const GOOD = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', KAFKA_BROKERS: '127.0.0.1:1' };

/** It waits half a minute for a database, so it does that beside all others. */
let withoutDatabase: Child;
beforeAll(async () => {
  withoutDatabase = await run(GOOD);
});

describe('the program', () => {
  it('prints its settings with -h', async () => {
    const child = await run({}, '-h');
    expect(await child.exited).toBe(0);
    for (const name of Object.keys(SETTINGS)) expect(child.output()).toContain(`\n  ${name}: `);
  });

  it('ends with 1 and one line for an argument, and does not repeat what may be a secret', async () => {
    const child = await run(GOOD, '--JWT_SECRET=hush');
    expect(await child.exited).toBe(1);
    expect(child.output()).toBe(
      '--JWT_SECRET: there is no such argument; settings are environment variables, see -h\n',
    );
  });

  it.each([
    [{ ROLE: 'wroker' }, 'ROLE must be one of all, web, worker, not "wroker"'],
    [
      { DATABASE_URL: '', ROLE: 'web' },
      'DATABASE_URL must be set in the role web: the embedded database serves one process',
    ],
    [{ TRANSPORT: 'redis' }, 'TRANSPORT must be one of kafka, none, not "redis"'],
    [{ AUTH: 'jwt' }, /^AUTH=jwt needs one of JWT_SECRET, /],
    [{ HOST: '0.0.0.0' }, 'AUTH must be set when HOST is not a loopback address (it is 0.0.0.0)'],
    [{ TASK_TYPES: '/nowhere.yaml' }, /^TASK_TYPES\b.*\/nowhere\.yaml/],
  ])(
    'ends with 1 and one line that names the setting with %j',
    async (env: object, line: string | RegExp) => {
      const child = await run({ ...GOOD, ...env });
      expect(await child.exited).toBe(1);
      expect(child.output()).toMatch(/^[^\n]+\n$/);
      expect(child.output().trim()).toMatch(line);
    },
  );
});

describeWithServices('a process', ['kafka', 'postgres'], ({ brokers }) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let env: Record<string, string>;
  let taskwire: TaskwireProcess | undefined;

  beforeEach(async () => {
    database = await createTestDatabase();
    env = { DATABASE_URL: database.url, KAFKA_BROKERS: brokers, KAFKA_GROUP_PREFIX: unique('start') };
  });
  afterEach(async () => {
    await taskwire?.stop('SIGKILL');
    await database.drop();
  });

  it.each(['all', 'web', 'worker'] as const)(
    'in the role %s says where it listens and logs one JSON object a line besides, and drains on SIGTERM',
    async (role) => {
      taskwire = await startTaskwire({ role, env });
      const lines = taskwire.output().trim().split('\n');
      expect(lines.filter((line) => line.startsWith('taskwire '))).toEqual([
        `taskwire ${role} listening on ${taskwire.url}`,
      ]);
      for (const line of lines.filter((line) => !line.startsWith('taskwire ')))
        expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) as unknown });
      expect((await fetch(`${taskwire.url}/health/live`)).status).toBe(200);
      expect(await taskwire.stop('SIGTERM')).toBe(0);
    },
  );

  it('ends with 0 in time, whatever a client leaves half done', async () => {
    taskwire = await startTaskwire({ role: 'web', env: { ...env, SHUTDOWN_SECONDS: '4' } });
    const client = connect(Number(new URL(taskwire.url).port), '127.0.0.1');
    client.on('error', () => undefined);
    client.write('POST /v1/tasks HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{');
    // Answered on a later connection, so the first one's bytes are in.
    expect((await fetch(`${taskwire.url}/health/live`)).status).toBe(200);
    expect(await taskwire.stop('SIGTERM')).toBe(0);
    client.destroy();
  });

  it('ends at once with 1 and one line that names the setting where the server has no such database', async () => {
    const url = new URL(database.url);
    url.pathname = '/nowhere';
    const child = await run({ ...env, DATABASE_URL: url.href });
    expect(await child.exited).toBe(1);
    expect(child.output()).toBe('DATABASE_URL: no connection (database "nowhere" does not exist)\n');
  });

  it('names the settings when its address is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((listening) => other.once('listening', listening));
      const { port } = other.address() as AddressInfo;
      const child = await run({ ...env, PORT: String(port) });
      expect(await child.exited).toBe(1);
      expect(child.output()).toContain(`HOST and PORT: cannot listen on 127.0.0.1 ${port} (`);
    } finally {
      other.close();
    }
  });
});

it('the program ends with 1 and names DATABASE_URL where there is no such server', async () => {
  expect(await withoutDatabase.exited).toBe(1);
  expect(withoutDatabase.output()).toMatch(
    /^taskwire cannot start: DATABASE_URL: no connection \(connect ECONNREFUSED 127\.0\.0\.1:1\)$/m,
  );
});
