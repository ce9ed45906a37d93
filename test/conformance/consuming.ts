import type { BatchHandler, RecordBatch } from '../../src/transport/transport.js';
import { eventually } from '../support/eventually.js';
import { Collector, published, records, subscribed, type Stage } from './stage.js';

/** How batches are handed out. */
export function consumingConformance(stage: () => Stage): void {
  it('begins at the earliest record in a new group, and goes on where the group was', async () => {
    const topic = await stage().topic();
    const group = stage().group();
    const transport = stage().transport();
    const old = await published(transport, records(topic, 'old', 10));

    const first = new Collector();
    const subscription = await transport.subscribe({ group, topics: [topic] }, first.handler);
    await eventually(() => {
      expect(first.values().sort()).toEqual(old.sort());
    });
    await subscription.close();
    const fresh = await published(transport, records(topic, 'new', 10));
    const second = new Collector();
    await transport.subscribe({ group, topics: [topic] }, second.handler);
    await eventually(() => {
      expect(second.values().sort()).toEqual(fresh.sort());
    });
  });

  it('delivers to each group everything, in batches of one partition in offset order', async () => {
    const topic = await stage().topic();
    const transport = stage().transport();
    const written = await published(transport, records(topic, 'all', 100));

    for (const collector of [new Collector(), new Collector()]) {
      const group = stage().group();
      await transport.subscribe({ group, topics: [topic] }, collector.handler);
      await eventually(() => {
        expect(collector.values().sort()).toEqual(written.sort());
      });
      for (const batch of collector.batches) expectWhole(batch, group, topic);
    }
  });

  it('redelivers the batch when the handler throws, and nothing behind it before', async () => {
    const topic = await stage().topic(1);
    const transport = stage().transport();
    await published(transport, records(topic, 'first', 3));
    let failures = 2;
    const collector = new Collector(async () => {
      if (failures === 0) return;
      failures -= 1;
      // Behind what has just failed.
      await published(transport, records(topic, 'later', 1));
      throw new Error('not now');
    });
    await transport.subscribe({ group: stage().group(), topics: [topic] }, collector.handler);

    await eventually(() => {
      expect(collector.values().filter((value) => value === 'later-0').length).toBeGreaterThanOrEqual(2);
    });
    const [failed, again, last] = collector.batches.map((batch) => batch.records.map(({ offset }) => offset));
    expect(failed?.[0]).toBe(0);
    expect(again?.slice(0, failed?.length)).toEqual(failed);
    expect(last?.slice(0, failed?.length)).toEqual(failed);
  });

  it('blocks no other partition with a batch that always fails', async () => {
    await expectOthersToFlow(stage(), () => Promise.reject(new Error('poison')));
  });

  it('blocks no other partition with a handler that hangs', async () => {
    const hung = new AbortController();
    const hang = (): Promise<void> =>
      new Promise((resolve) => {
        hung.signal.addEventListener('abort', () => {
          resolve();
        });
      });
    await expectOthersToFlow(stage(), hang);
    hung.abort();
  });

  it('hands out one partition to one handler at a time, and different ones at the same time', async () => {
    const topic = await stage().topic(3);
    const transport = stage().transport();
    const running = new Map<number, number>();
    let together = 0;
    const collector = new Collector(async ({ partition }) => {
      running.set(partition, (running.get(partition) ?? 0) + 1);
      expect(running.get(partition)).toBe(1);
      together = Math.max(together, [...running.values()].filter((count) => count > 0).length);
      // Until another one works too, so that this does not hang on speed.
      await eventually(() => {
        expect(together).toBeGreaterThan(1);
      });
      running.set(partition, 0);
    });
    const written = await published(transport, records(topic, 'a', 60));
    await transport.subscribe({ group: stage().group(), topics: [topic] }, collector.handler);
    await eventually(() => {
      expect(collector.values().sort()).toEqual(written.sort());
    });
  });

  it('delivers again what was not acknowledged when its process was killed', async () => {
    const topic = await stage().topic(1);
    const group = stage().group();
    const transport = stage().transport();
    const victim = await stage().member({ group, topics: [topic], acknowledge: false });
    const written = await published(transport, records(topic, 'unfinished', 3));
    await eventually(() => {
      expect(victim.received()).not.toEqual([]);
    });
    await victim.kill();

    const heir = new Collector();
    await transport.subscribe({ group, topics: [topic] }, heir.handler);
    await eventually(() => {
      expect(heir.values()).toEqual(written);
    });
  });
}

function expectWhole({ records: found, ...batch }: RecordBatch, group: string, topic: string): void {
  expect(batch).toMatchObject({ group, topic });
  const [first] = found;
  expect(found.map(({ offset }) => offset)).toEqual(found.map((_, index) => (first?.offset ?? 0) + index));
  for (const record of found) expect(record).toMatchObject({ topic, partition: batch.partition });
  expect(batch.highWatermark).toBeGreaterThan(found.at(-1)?.offset ?? Infinity);
}

/** Lets one partition meet `trouble`, and expects that records of the other ones arrive all the same. */
async function expectOthersToFlow(stage: Stage, trouble: BatchHandler): Promise<void> {
  const topic = await stage.topic(3);
  const transport = stage.transport();
  await published(transport, records(topic, 'start', 30));
  const troubled: number[] = [];
  const collector = new Collector(async (batch) => {
    if (troubled.length === 0) troubled.push(batch.partition);
    if (troubled.includes(batch.partition)) await trouble(batch);
  });
  await subscribed(transport, { group: stage.group(), topics: [topic] }, collector.handler);
  await eventually(() => {
    expect(troubled).toHaveLength(1);
  });
  for (const round of ['one', 'two', 'three']) {
    await published(transport, records(topic, round, 30));
    await eventually(() => {
      const flowing = collector.batches.filter(({ partition }) => !troubled.includes(partition));
      const seen = new Set(flowing.flatMap((batch) => batch.records.map(({ partition }) => partition)));
      expect(seen.size).toBe(2);
      const values = flowing.flatMap((batch) => batch.records.map(({ value }) => String(value)));
      expect(values.filter((value) => value.startsWith(round)).length).toBeGreaterThan(10);
    });
  }
}
