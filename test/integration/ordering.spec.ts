import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Relay } from '../../src/dispatch/relay.js';
import { startApp, type TestApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker, type ReceivedRecord } from '../support/worker.js';

const LONG = { timeoutMs: 45_000 };
const KEYS = 4;

describeWithServices('tasks with the same ordering key', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let clients: Client[];
  let worker: Worker;
  let requests: ReceivedRecord[];
  let relays: Relay[];

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    const another = await taskwire.startAnother();
    clients = [new Client(taskwire.url), new Client(await another.getUrl())];
    relays = [taskwire.app.get(Relay), another.get(Relay)];
    requests = await worker.read(taskwire.requestTopic);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const query = <T>(sql: string, parameters: unknown[] = []): Promise<T[]> =>
    taskwire.app.get(DataSource).query(sql, parameters);

  const submit = async (orderingKey: string, client = clients[0]): Promise<string> =>
    (await client?.submit({}, { orderingKey }))?.id ?? '';

  /** The tasks of a key in the order in which they were first handed out. */
  const handedOut = (key: string): (string | undefined)[] => [
    ...new Set(
      requests.filter((request) => request.key === key).map(({ headers }) => headers['taskwire-task-id']),
    ),
  ];

  const untilHandedOut = (key: string, ids: string[]): Promise<void> =>
    eventually(() => {
      expect(handedOut(key)).toEqual(ids);
    }, LONG);

  const lease = async (): Promise<{ holder: string; epoch: number; heldUntil: Date } | undefined> => {
    const [row] = await query<{ holder: string; epoch: number; heldUntil: Date }>(
      `SELECT holder, epoch, held_until AS "heldUntil" FROM relay_leases WHERE name = 'ordering'`,
    );
    return row;
  };

  it('are handed out in the order they were accepted, by two processes at once, the key in the record', async () => {
    const prefix = unique('key');
    const keys = Array.from({ length: KEYS }, (_, index) => `${prefix}-${index}`);
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        for (let n = 0; n < 15; n++) await submit(keys[(n + index) % KEYS] ?? '', clients[index % 2]);
      }),
    );
    for (const key of keys) {
      const rows = await query<{ id: string; createdAt: Date }>(
        `SELECT task_id AS id, accepted_at AS "createdAt" FROM dispatches WHERE ordering_key = $1 ORDER BY ordering_number`,
        [key],
      );
      const times = rows.map(({ createdAt }) => createdAt.getTime());
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(rows).toHaveLength(120 / KEYS);
      await untilHandedOut(
        key,
        rows.map(({ id }) => id),
      );
    }
  });

  it('wait while an earlier one is being changed, and hold up no other key', async () => {
    const [key, otherKey] = [unique('key'), unique('key')];
    const runner = taskwire.app.get(DataSource).createQueryRunner();
    await runner.startTransaction();
    // The lease keeps the relay away until the row is locked.
    await query(`UPDATE relay_leases SET holder = $1, held_until = now() + interval '1 minute'`, [
      randomUUID(),
    ]);
    try {
      const first = await submit(key);
      await runner.query('SELECT FROM dispatches WHERE task_id = $1 FOR UPDATE', [first]);
      await query('UPDATE relay_leases SET held_until = now()');
      const second = await submit(key);
      const other = await submit(otherKey);
      await untilHandedOut(otherKey, [other]);
      expect(handedOut(key)).toEqual([]);
      await runner.commitTransaction();
      await untilHandedOut(key, [first, second]);
    } finally {
      await runner.release();
    }
  });

  it('are handed out by another relay when the one that did it has vanished, once its lease is over', async () => {
    const key = unique('key');
    const vanished = randomUUID();
    await query(
      `UPDATE relay_leases SET holder = $1, epoch = epoch + 1, held_until = now() + interval '2 s'`,
      [vanished],
    );
    const before = await lease();
    const id = await submit(key);
    await untilHandedOut(key, [id]);
    const after = await lease();
    const [request] = requests.filter((record) => record.key === key);
    expect(request?.timestamp).toBeGreaterThanOrEqual(before?.heldUntil.getTime() ?? Infinity);
    expect(after?.holder).not.toBe(vanished);
    expect(after?.epoch).toBe((before?.epoch ?? 0) + 1);
  });

  it('wait no longer than 12 s for a relay that was killed', async () => {
    const key = unique('key');
    await untilHandedOut(key, [await submit(key)]);
    expect((await lease())?.heldUntil.getTime()).toBeLessThanOrEqual(Date.now() + 12_000);
  });

  it('are handed out by another relay at once when the one that did it stops', async () => {
    const before = await lease();
    const key = unique('key');
    const [first, second] = relays;
    // Whichever has the lease: after both have stopped in turn, it has gone from hand to hand.
    await first?.beforeApplicationShutdown();
    const id = await submit(key);
    await untilHandedOut(key, [id]);
    expect((await lease())?.epoch).toBeGreaterThanOrEqual(before?.epoch ?? Infinity);
    await second?.beforeApplicationShutdown();
    expect((await lease())?.heldUntil.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  });
});
