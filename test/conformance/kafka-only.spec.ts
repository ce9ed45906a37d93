import { jest } from '@jest/globals';
import type { Transport } from '../../src/transport/transport.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { KafkaConformanceDriver } from './kafka-driver.js';
import { Collector, published, records, subscribed } from './stage.js';

describeWithServices('what only Kafka knows', ['ownKafka'], () => {
  let driver: KafkaConformanceDriver;
  let transport: Transport;

  beforeAll(async () => {
    driver = await KafkaConformanceDriver.start();
  });
  afterAll(() => driver.close());
  beforeEach(() => {
    transport = driver.connect();
  });
  afterEach(() => transport.close());

  /** Subscribes a new group to the topic. */
  async function read(topic: string, collector = new Collector()): Promise<Collector> {
    await subscribed(transport, { group: unique('group'), topics: [topic] }, collector.handler);
    return collector;
  }

  it.each(['gzip', 'snappy', 'lz4', 'zstd'])('reads batches that were compressed with %s', async (codec) => {
    const topic = unique(codec);
    // The broker packs every batch anew with Kafka's own libraries, as a Java client would.
    const configEntries = [{ name: 'compression.type', value: codec }];
    await driver.withAdmin((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] }),
    );
    const text = Array.from({ length: 50_000 }, (_, index) => index).join(' ');
    const outgoing = records(topic, `${text} `, 3).concat(records(topic, 'short', 1));
    const written = await published(
      transport,
      outgoing.map((record) => ({ ...record, key: 'k' })),
    );
    const collector = await read(topic);
    await eventually(() => {
      expect(collector.values()).toEqual(written);
    });
  });

  it('goes on at the earliest record when retention has removed those it stood at', async () => {
    const topic = unique('retention');
    await transport.topics.ensure([{ name: topic, partitions: 1 }]);
    await published(transport, records(topic, 'a', 10));
    const group = unique('group');
    const first = new Collector();
    const subscription = await subscribed(transport, { group, topics: [topic] }, first.handler);
    await eventually(() => {
      expect(first.values()).toHaveLength(10);
    });
    await subscription.close();
    await published(transport, records(topic, 'b', 10));
    await driver.withAdmin(async (admin) => {
      // kafkajs deletes records of topics only that it has heard of.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '15' }] });
    });

    const second = new Collector();
    await subscribed(transport, { group, topics: [topic] }, second.handler);
    await eventually(() => {
      expect(second.values()).toEqual(['b-5', 'b-6', 'b-7', 'b-8', 'b-9']);
    });
  });

  it('has a new topic led by the time that it is ensured: what is published at once is written once', async () => {
    for (let turn = 0; turn < 5; turn++) {
      const topic = unique('fresh');
      expect(await transport.topics.ensure([{ name: topic, partitions: 50 }])).toEqual([]);
      await published(transport, records(topic, 'first', 200));
      const partitions = await driver.withAdmin((admin) => admin.fetchTopicOffsets(topic));
      expect(partitions.reduce((sum, { high }) => sum + Number(high), 0)).toBe(200);
    }
  });

  it('reads partitions that are added to a topic', async () => {
    const topic = unique('growing');
    await transport.topics.ensure([{ name: topic, partitions: 1 }]);
    const collector = await read(topic);
    await driver.withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] }));
    // Another one, because a producer looks for new partitions only now and then.
    const other = driver.connect();
    const written = await published(other, records(topic, 'spread', 40));
    await other.close();
    await eventually(() => {
      expect(new Set(collector.values())).toEqual(new Set(written));
    });
    expect(new Set(collector.batches.map(({ partition }) => partition)).size).toBe(4);
  });

  it('finds its members again after a crash of the broker, and does not wait for the sessions of those that they were', async () => {
    const topic = unique('returning');
    await transport.topics.ensure([{ name: topic, partitions: 4 }]);
    const group = unique('group');
    const members = [1, 2].map(() => driver.connect({ sessionTimeoutMs: 60_000 }));
    const collectors = [new Collector(), new Collector()];
    const subscriptions = await Promise.all(
      members.map((member, index) =>
        member.subscribe({ group, topics: [topic] }, collectors[index]?.handler ?? (() => Promise.resolve())),
      ),
    );
    const haveAll = (written: string[], timeoutMs: number): Promise<void> =>
      eventually(
        () => {
          const values = collectors.flatMap((collector) => collector.values());
          expect(new Set(values)).toEqual(new Set(written));
        },
        { timeoutMs },
      );
    try {
      const before = await published(transport, records(topic, 'before', 20));
      await haveAll(before, 20_000);

      await driver.crashBroker();
      await eventually(() => {
        expect(subscriptions.map((subscription) => subscription.state().status)).toEqual([
          'failed',
          'failed',
        ]);
      });
      await driver.startBroker();
      const after = await eventually(() => published(transport, records(topic, 'after', 20)));
      await haveAll([...before, ...after], 20_000);
    } finally {
      await Promise.all(members.map((member) => member.close()));
    }
  });

  it('keeps its partitions while a handler works longer than a session', async () => {
    const topic = unique('slow');
    await transport.topics.ensure([{ name: topic, partitions: 2 }]);
    await published(transport, records(topic, 'slow', 1));
    const start = performance.now();
    const collector = new Collector(async () => {
      await eventually(() => {
        expect(performance.now() - start).toBeGreaterThan(8_000);
      });
    });
    const group = unique('group');
    await subscribed(transport, { group, topics: [topic] }, collector.handler);
    await eventually(
      async () => {
        expect(await transport.topics.lag(group, [topic])).toEqual([{ group, topic, lag: 0 }]);
      },
      { intervalMs: 200 },
    );
    expect(collector.batches).toHaveLength(1);
  });

  // Found by the fault `clock-step`, seed 5: two members read the same partition.
  it('stays in its group when the wall clock is set back', async () => {
    const topic = unique('clock');
    await transport.topics.ensure([{ name: topic, partitions: 1 }]);
    const group = unique('group');
    const collector = new Collector();
    await subscribed(transport, { group, topics: [topic] }, collector.handler);
    const membership = async (): Promise<string[]> => {
      const { groups } = await driver.withAdmin((admin) => admin.describeGroups([group]));
      return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId));
    };
    const before = await membership();
    expect(before).toHaveLength(1);

    const setBack = Date.now() - 1_200_000;
    const start = performance.now();
    jest.spyOn(Date, 'now').mockImplementation(() => setBack + Math.round(performance.now() - start));
    try {
      await eventually(
        () => {
          expect(performance.now() - start).toBeGreaterThan(10_000);
        },
        { intervalMs: 200 },
      );
      expect(await membership()).toEqual(before);
    } finally {
      jest.restoreAllMocks();
    }
  });
});
