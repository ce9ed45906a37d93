import type { Child } from '../support/child.js';
import { Client, type LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { startJava } from '../support/spring-kafka.js';
import { Worker } from '../support/worker.js';
import { Installation, PATIENCE } from './installation.js';

describeWithServices('dead letters of other systems', ['kafka', 'postgres'], ({ brokers }) => {
  const orders = unique('orders');
  const files = unique('files');
  const group = unique('billing');
  let installation: Installation;
  let client: Client;
  let worker: Worker;
  let listener: Child;

  beforeAll(async () => {
    [installation, worker] = await Promise.all([
      Installation.create({ env: { DLQ_TOPICS: `${orders}.DLT,dlq-${files}` } }),
      Worker.connect(),
    ]);
    await Promise.all([worker.create(orders), worker.create(`${orders}.DLT`)]);
    client = new Client((await installation.start('all')).url);
    listener = await startJava('PickyListener', brokers, orders, group, `${orders}.DLT`);
  }, 300_000);

  afterAll(() => Promise.all([listener.stop(), installation.close(), worker.close()]));

  const letterOf = (topic: string): Promise<LetterJson> =>
    eventually(async () => {
      const [letter] = (await client.letters({ topic })).items;
      if (!letter) throw new Error(`there is no letter of ${topic}:\n${listener.output()}`);
      return letter;
    }, PATIENCE);

  it("are read as Spring Kafka's error handler wrote them: where, by whom, and the root cause", async () => {
    const timestamp = Date.parse('2026-01-02T03:04:05.678Z');
    const headers = { tenant: 'north' };
    await worker.send(orders, { partition: 1, key: 'k', value: 'good 1', headers });
    await worker.send(orders, { partition: 1, key: 'k', value: 'bad 2', headers, timestamp });
    await listener.waitForOutput(/consumed good 1 \[.*tenant.*\]/, PATIENCE.timeoutMs);

    const letter = await letterOf(orders);
    expect(letter).toMatchObject({
      kind: 'other',
      original: { topic: orders, partition: 1, offset: 1, timestamp: '2026-01-02T03:04:05.678Z' },
      key: 'k',
      value: 'bad 2',
      error: { type: 'java.lang.IllegalArgumentException', message: 'no good: bad 2' },
      attempts: 2,
      group,
      truncated: false,
    });
    expect(letter.headers).toMatchObject({ tenant: 'north', 'kafka_dlt-original-topic': orders });
    expect(letter.error.stack).toContain('Caused by: java.lang.IllegalStateException: wrapped');
    expect(letter.error.stack).toContain('taskwire.PickyListener.take(PickyListener.java:');
  });

  it("are read as Kafka Connect's error reporter wrote them", async () => {
    const report = await startJava('ConnectReport', brokers, files, `dlq-${files}`);
    expect([await report.exited, report.output()]).toEqual([0, expect.stringContaining('reported')]);

    const letter = await letterOf(files);
    expect(letter).toMatchObject({
      kind: 'other',
      original: { topic: files, partition: 2, offset: 41, timestamp: '2024-11-22T02:20:00.500Z' },
      value: 'oops',
      headers: { tenant: 'north', '__connect.errors.connector.name': 'archive' },
      error: { type: 'com.fasterxml.jackson.core.JsonParseException', code: 'VALUE_CONVERTER' },
      group: 'connect-archive',
    });
    expect(letter.error.message).toMatch(/^Unrecognized token 'oops'/);
    expect(letter.error.stack).toContain('org.apache.kafka.connect.errors.DataException');
  });
});
