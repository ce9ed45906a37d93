import { eventually } from '../support/eventually.js';
import { unique } from '../support/services.js';
import { Collector, published, subscribed, type Stage } from './stage.js';

/** Larger than any driver takes. */
const TOO_LARGE = 'x'.repeat(1_100_000);

/** What `publish` promises. */
export function publishingConformance(stage: () => Stage): void {
  it('delivers key, value, headers and the time as they were written', async () => {
    const topic = await stage().topic(1);
    const transport = stage().transport();
    const bytes = Buffer.from([0, 255, 128]);
    const before = Date.now();
    await transport.publish([
      { topic, key: bytes, value: bytes, headers: { plain: 'é', raw: bytes, twice: ['a', 'b'] } },
      { topic, key: 'tombstone', value: null },
      { topic, key: null, value: 'of nobody' },
    ]);

    const collector = new Collector();
    await transport.subscribe({ group: stage().group(), topics: [topic] }, collector.handler);
    const [first, second, third] = await eventually(() => {
      const found = collector.batches.flatMap((batch) => batch.records);
      expect(found).toHaveLength(3);
      return found;
    });

    const headers = { plain: Buffer.from('é'), raw: bytes, twice: [Buffer.from('a'), Buffer.from('b')] };
    expect(first).toMatchObject({ topic, partition: 0, offset: 0, key: bytes, value: bytes, headers });
    expect(second).toMatchObject({ offset: 1, key: Buffer.from('tombstone'), value: null, headers: {} });
    expect(third).toMatchObject({ key: null, value: Buffer.from('of nobody') });
    expect(first?.timestamp).toBeGreaterThanOrEqual(before - 1);
    expect(first?.timestamp).toBeLessThanOrEqual(Date.now() + 1);
    expect(collector.batches[0]?.highWatermark).toBe(3);
  });

  it('refuses for good what is too large, and writes its neighbours', async () => {
    const topic = await stage().topic(1);
    const transport = stage().transport();
    const results = await transport.publish([
      { topic, key: 'a', value: 'before' },
      { topic, key: 'a', value: TOO_LARGE },
      { topic, key: 'a', value: 'after' },
    ]);

    expect(results.map(({ outcome }) => outcome)).toEqual(['durable', 'refused', 'durable']);
    const collector = new Collector();
    await subscribed(transport, { group: stage().group(), topics: [topic] }, collector.handler);
    await eventually(() => {
      expect(collector.values()).toEqual(['before', 'after']);
    });
  });

  it('keeps the order of records of one key, also between calls that run at the same time', async () => {
    const topic = await stage().topic();
    const transport = stage().transport();
    const padding = 'x'.repeat(2_000);
    const calls = Array.from({ length: 20 }, (_, call) =>
      Array.from({ length: 60 }, (__, index) => ({
        topic,
        key: `key-${index % 6}`,
        value: `${call * 60 + index}`,
        headers: { padding },
      })),
    );
    await Promise.all(calls.map((call) => published(transport, call)));

    const collector = new Collector();
    await subscribed(transport, { group: stage().group(), topics: [topic] }, collector.handler);
    await eventually(() => {
      expect(collector.values()).toHaveLength(1_200);
    });
    const byKey = new Map<string, number[]>();
    for (const { key, value } of collector.batches.flatMap((batch) => batch.records)) {
      byKey.set(String(key), [...(byKey.get(String(key)) ?? []), Number(value)]);
    }
    expect(byKey.size).toBe(6);
    for (const order of byKey.values()) expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('holds back only the topic that cannot be written', async () => {
    const missing = unique('missing');
    const topic = await stage().topic();
    const transport = stage().transport();
    const outcomes = async (): Promise<string[]> => {
      const results = await transport.publish([
        { topic, key: 'a', value: '1' },
        { topic: missing, key: 'a', value: '2' },
        { topic, key: 'a', value: '3' },
      ]);
      return results.map(({ outcome }) => outcome);
    };

    expect(await outcomes()).toEqual(['durable', 'topic-not-writable', 'durable']);
    await transport.topics.ensure([{ name: missing, partitions: 1 }]);
    await eventually(async () => {
      expect(await outcomes()).toEqual(['durable', 'durable', 'durable']);
    });
  });

  it('resolves with nothing for nothing', async () => {
    expect(await stage().transport().publish([])).toEqual([]);
  });
}
