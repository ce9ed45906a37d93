import { io } from 'socket.io-client';
import { Taskwire, type TaskwireOptions } from '../../clients/js/taskwire.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/ports.js';
import { createTestDatabase } from '../support/postgres.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { describeWithServices } from '../support/services.js';
import { PATIENCE } from './installation.js';

describeWithServices('the browser client in Node', ['postgres'], () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let env: Record<string, string>;
  let taskwire: TaskwireProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    const PORT = String(await freePort());
    env = { DATABASE_URL: database.url, TRANSPORT: 'none', LOG_LEVEL: 'warn', PORT };
    taskwire = await startTaskwire({ role: 'all', env });
  });

  afterAll(async () => {
    await taskwire.stop('SIGKILL');
    await database.drop();
  });

  it.each<[string, Pick<TaskwireOptions, 'io'>]>([
    ['a socket', { io }],
    ['server-sent events', {}],
  ])(
    'loses no event and repeats none over %s when the server is killed and comes again',
    async (_, how) => {
      const client = new Taskwire({ url: taskwire.url, ...how });
      const { id } = await client.submit({ n: 1 });
      const seqs: number[] = [];
      const { ended } = client.follow(id, ({ seq }) => seqs.push(seq));
      const rest = new Client(taskwire.url);
      await rest.post('/v1/claims');
      await eventually(() => {
        expect(seqs).toEqual([1, 2]);
      }, PATIENCE);
      await taskwire.stop('SIGKILL');
      taskwire = await startTaskwire({ role: 'all', env });
      await rest.post('/v1/results', { taskId: id, attempt: 1, status: 'RUNNING', progress: 10 });
      await rest.post('/v1/results', { taskId: id, attempt: 1, status: 'DONE', n: 2 });
      expect(await ended).toMatchObject({ type: 'succeeded', data: { result: { n: 2 } } });
      expect(seqs).toEqual([1, 2, 3, 4]);
    },
    60_000,
  );

  it('submits once with an idempotency key, and tells what is refused', async () => {
    const client = new Taskwire({ url: taskwire.url });
    const options = { idempotencyKey: 'once', delaySeconds: 3600 };
    const first = await client.submit('{"id": 9007199254740993}', options);
    expect(await client.submit('{"id": 9007199254740993}', options)).toMatchObject({ id: first.id });
    await expect(client.submit('{"a":1},"type":"x"')).rejects.toThrow(SyntaxError);
    await expect(client.submit({}, { type: 'nothing' })).rejects.toMatchObject({
      code: 'unknown_task_type',
      status: 422,
    });
    await expect(client.submit({ taskId: 1 })).rejects.toMatchObject({
      code: 'payload_invalid',
      errors: [{ path: 'payload.taskId' }],
    });
  });
});
