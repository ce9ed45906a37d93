import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { startKafkaBroker, type KafkaBroker } from '../support/kafka.js';
import { describeWithServices } from '../support/services.js';
import { Worker, type ReceivedRecord } from '../support/worker.js';

const LONG = { timeoutMs: 45_000 };

/** A dispatch as a process leaves it that dies after the commit: leased to it, and not sent. */
const ABANDON = `
  UPDATE dispatches SET state = 'unsent', holder = $2, due_at = now() + make_interval(secs => $3)
  WHERE task_id = ANY($1::uuid[])`;

describeWithServices('the relay', ['ownKafka', 'postgres'], () => {
  let broker: KafkaBroker;
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;
  let requests: ReceivedRecord[];

  beforeAll(async () => {
    broker = await startKafkaBroker();
    const env = { KAFKA_BROKERS: broker.brokers };
    [taskwire, worker] = await Promise.all([startApp({ env }), Worker.connect(broker.brokers)]);
    await taskwire.startAnother();
    client = new Client(taskwire.url);
    requests = await worker.read(taskwire.requestTopic);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([taskwire.close(), worker.close()]);
    await broker.close();
  });

  const query = <T>(sql: string, parameters: unknown[] = []): Promise<T[]> =>
    taskwire.app.get(DataSource).query(sql, parameters);

  const requestsOf = (id: string): ReceivedRecord[] =>
    requests.filter(({ headers }) => headers['taskwire-task-id'] === id);

  /** Submits a task that was sent once, by the fast path; the relay's come after it. */
  const submitSent = async (): Promise<string> => {
    const { id } = await client.submit();
    await untilSent([id]);
    return id;
  };

  const untilSent = (ids: string[]): Promise<void> =>
    eventually(async () => {
      const rows = await query<{ state: string }>(
        'SELECT state FROM dispatches WHERE task_id = ANY($1::uuid[])',
        [ids],
      );
      expect(rows).toEqual(ids.map(() => ({ state: 'sent' })));
      for (const id of ids) expect(requestsOf(id).length).toBeGreaterThan(0);
    }, LONG);

  it('sends what a process has accepted that is gone, once its lease is over and not before', async () => {
    const id = await submitSent();
    const [first] = requestsOf(id);
    await query(ABANDON, [[id], randomUUID(), 1.5]);
    const [row] = await query<{ dueAt: Date }>(
      'SELECT due_at AS "dueAt" FROM dispatches WHERE task_id = $1',
      [id],
    );
    const again = await eventually(() => {
      const [, second] = requestsOf(id);
      if (!second) throw new Error('it was not sent again yet');
      return second;
    }, LONG);
    expect(again.timestamp).toBeGreaterThanOrEqual(row?.dueAt.getTime() ?? Infinity);
    expect([again.key, String(again.value), again.headers]).toEqual([
      first?.key,
      String(first?.value),
      first?.headers,
    ]);
  });

  it('sends each of many once, however many relays there are', async () => {
    const response = await client.post('/v1/tasks/batch', { tasks: Array(300).fill({ payload: {} }) });
    const { items } = (await response.json()) as { items: { task: { id: string } }[] };
    const ids = items.map(({ task }) => task.id);
    await untilSent(ids);
    await query(ABANDON, [ids, randomUUID(), 0]);
    await untilSent(ids);
    await eventually(() => {
      expect(ids.map((id) => requestsOf(id).length)).toEqual(ids.map(() => 2));
    }, LONG);
  });

  it('never sends what was cancelled before its turn', async () => {
    const id = await submitSent();
    await query(ABANDON, [[id], randomUUID(), 600]);
    await client.post(`/v1/tasks/${id}/cancel`);
    const later = await submitSent();
    await query(ABANDON, [[later], randomUUID(), 0]);
    await eventually(() => {
      expect(requestsOf(later)).toHaveLength(2);
    }, LONG);
    expect(requestsOf(id)).toHaveLength(1);
  });

  it('leaves tasks where they are whose type the file no longer has', async () => {
    const [id, other] = [await submitSent(), await submitSent()];
    await query(`UPDATE dispatches SET type = 'unheard-of' WHERE task_id = $1`, [id]);
    await query(`UPDATE tasks SET type = 'unheard-of' WHERE id = $1`, [id]);
    await query(ABANDON, [[id, other], randomUUID(), 0]);
    await eventually(() => {
      expect(requestsOf(other)).toHaveLength(2);
    }, LONG);
    const [row] = await query('SELECT state FROM dispatches WHERE task_id = $1', [id]);
    expect(row).toEqual({ state: 'unsent' });
    expect(requestsOf(id)).toHaveLength(1);
  });

  it('sends everything that was accepted while the broker was down, keyed tasks in their order', async () => {
    const ids: string[] = [];
    const keyed: string[] = [];
    let slowest = 0;
    const submitSome = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const start = performance.now();
        ids.push((await client.submit()).id);
        keyed.push((await client.submit({}, { orderingKey: 'one' })).id);
        slowest = Math.max(slowest, performance.now() - start);
      }
    };
    await submitSome(3);
    await broker.kill();
    await submitSome(5);
    await eventually(async () => {
      const held = await query(
        `SELECT FROM dispatches WHERE state = 'unsent' AND holder IS NULL AND task_id = ANY($1)`,
        [ids],
      );
      expect(held.length).toBeGreaterThan(0);
    }, LONG);
    const starting = broker.start();
    await submitSome(5);
    await starting;
    await submitSome(3);
    await untilSent([...ids, ...keyed]);
    const order = requests
      .filter(({ key }) => key === 'one')
      .map(({ headers }) => headers['taskwire-task-id']);
    expect([...new Set(order)]).toEqual(keyed);
    expect(slowest).toBeLessThan(10_000);
    const unavailable = { outcome: 'unavailable' };
    expect(await client.metric('taskwire_records_dispatched_total', unavailable)).toBeGreaterThan(0);
  }, 120_000);
});
