import type { Child } from '../support/child.js';
import { Client, type LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { startJava } from '../support/spring-kafka.js';
import { Worker } from '../support/worker.js';
import { Installation, PATIENCE } from './installation.js';

describeWithServices('dead letters of other systems', ['kafka', 'postgres', 'ownKafka'], ({ brokers }) => {
  const orders = unique('orders');
  const group = unique('billing');
  let installation: Installation;
  let client: Client;
  let worker: Worker;
  let listener: Child;

  beforeAll(async () => {
    [installation, worker] = await Promise.all([
      Installation.create({ env: { DLQ_TOPICS: `${orders}.DLT,dlq-${orders}` } }),
      Worker.connect(),
    ]);
    await Promise.all([worker.create(orders), worker.create(`${orders}.DLT`)]);
    client = new Client((await installation.start('all')).url);
    listener = await startJava('PickyListener', brokers, orders, group, `${orders}.DLT`);
    const report = await startJava('ConnectReport', brokers, orders, `dlq-${orders}`);
    expect([await report.exited, report.output()]).toEqual([0, expect.stringContaining('reported')]);
  }, 300_000);

  afterAll(() => Promise.all([listener.stop(), installation.close(), worker.close()]));

  /** The open letter of a record of the topic with this value. */
  const letterOf = (value: string, previousId: string | null = null): Promise<LetterJson> =>
    eventually(async () => {
      const { items } = await client.letters({ topic: orders, status: 'open' });
      const found = items.find((letter) => letter.value === value && letter.previousId === previousId);
      if (!found) throw new Error(`there is no letter of ${value}:\n${listener.output()}`);
      return found;
    }, PATIENCE);

  /** Has the listener refuse a record; resolves with its letter. */
  const refused = async (value: string): Promise<LetterJson> => {
    await worker.send(orders, { partition: 1, key: 'k', value, headers: { tenant: 'north' } });
    return letterOf(value);
  };

  /** The names of the headers of the record with this value, once the listener has consumed it. */
  const headersConsumedWith = async (value: string): Promise<string[]> => {
    const [, names = ''] = await listener.waitForOutput(
      new RegExp(`consumed ${value} \\[(.*)\\]`),
      PATIENCE.timeoutMs,
    );
    return names.split(', ');
  };

  describe('are read', () => {
    it("as Spring Kafka's error handler wrote them: where, by whom, and the root cause", async () => {
      const timestamp = Date.parse('2026-01-02T03:04:05.678Z');
      const headers = { tenant: 'north' };
      await worker.send(orders, { partition: 1, key: 'k', value: 'good 1', headers });
      await worker.send(orders, { partition: 1, key: 'k', value: 'bad 2', headers, timestamp });
      expect(await headersConsumedWith('good 1')).toEqual(['kafka_deliveryAttempt', 'tenant']);

      const letter = await letterOf('bad 2');
      expect(letter).toMatchObject({
        kind: 'other',
        original: { topic: orders, partition: 1, offset: 1, timestamp: '2026-01-02T03:04:05.678Z' },
        key: 'k',
        error: { type: 'java.lang.IllegalArgumentException', message: 'no good: bad 2' },
        attempts: 2,
        group,
        truncated: false,
      });
      expect(letter.headers).toMatchObject({ tenant: 'north', 'kafka_dlt-original-topic': orders });
      expect(letter.error.stack).toContain('Caused by: java.lang.IllegalStateException: wrapped');
      expect(letter.error.stack).toContain('taskwire.PickyListener.take(PickyListener.java:');
    });

    it("as Kafka Connect's error reporter wrote them", async () => {
      const letter = await letterOf('oops');
      expect(letter).toMatchObject({
        kind: 'other',
        original: { topic: orders, partition: 2, offset: 41, timestamp: '2024-11-22T02:20:00.500Z' },
        headers: { tenant: 'north', '__connect.errors.connector.name': 'archive' },
        error: { type: 'com.fasterxml.jackson.core.JsonParseException', code: 'VALUE_CONVERTER' },
        group: 'connect-archive',
      });
      expect(letter.error.message).toMatch(/^Unrecognized token 'oops'/);
      expect(letter.error.stack).toContain('org.apache.kafka.connect.errors.DataException');
    });
  });

  describe('redriven', () => {
    /** Spring sets the first on every record that it delivers; ours says which letter it was. */
    const OWN_HEADERS = ['kafka_deliveryAttempt', 'taskwire-redrive-of', 'tenant'];

    it('and mended, are consumed by the listener that refused them, without the headers of the failure', async () => {
      const { id } = await refused('bad 3');
      await client.redrive(id, { value: 'good 3' });
      expect(await headersConsumedWith('good 3')).toEqual(OWN_HEADERS);
      await eventually(async () => {
        expect(await client.get(`/v1/dead-letters/${id}`)).toMatchObject({ status: 'redriven' });
      }, PATIENCE);
    });

    it("are consumed by that listener if Kafka Connect's reporter wrote them about the same topic", async () => {
      const { id } = await letterOf('oops');
      await client.redrive(id, { value: '"fine"' });
      expect(await headersConsumedWith('"fine"')).toEqual(OWN_HEADERS);
    });

    it('and refused again, are new letters that name the old ones', async () => {
      const { id } = await refused('bad 4');
      await client.redrive(id);
      expect(await letterOf('bad 4', id)).toMatchObject({ generation: 2, attempts: 2 });
    });
  });
});
