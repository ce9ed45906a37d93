import { Kafka, logLevel, type Admin, type PartitionMetadata } from 'kafkajs';
import { KafkaTransport } from '../../src/transport/drivers/kafka/kafka-transport.js';
import { TransportUnavailableError, type RecordBatch } from '../../src/transport/transport.js';
import { eventually } from '../support/eventually.js';
import { startKafkaCluster } from '../support/kafka-cluster.js';
import type { KafkaBroker } from '../support/kafka.js';
import { describeWithServices, unique } from '../support/services.js';
import { Collector, published, records } from './stage.js';

/** So many records, each with a key of its own, that each partition gets some of them. */
const COUNT = 20;

describeWithServices('the kafka transport on several nodes', ['ownKafka'], () => {
  let nodes: KafkaBroker[];
  let admin: Admin;
  let transport: KafkaTransport;

  beforeAll(async () => {
    nodes = await startKafkaCluster(2, 1);
    const brokers = nodes.map((node) => node.brokers);
    admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    transport = new KafkaTransport({ brokers, clientId: 'cluster' }, () => undefined);
  });
  afterAll(async () => {
    await transport.close();
    await admin.disconnect();
    await Promise.all(nodes.map((node) => node.close()));
  });

  /** A topic with a partition on each of these nodes. */
  async function topicOn(...leaders: number[]): Promise<string> {
    const topic = unique('cluster');
    const replicaAssignment = leaders.map((leader, partition) => ({ partition, replicas: [leader] }));
    await admin.createTopics({ topics: [{ topic, replicaAssignment }] });
    return topic;
  }

  async function reassign(topic: string, partition: number, replicas: number[]): Promise<void> {
    const partitionAssignment = [{ partition, replicas }];
    await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
  }

  async function stateOf(topic: string, partition: number): Promise<PartitionMetadata | undefined> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
  }

  async function recordsOn(topic: string, partition: number): Promise<number> {
    const offsets = await admin.fetchTopicOffsets(topic);
    return Number(offsets.find((one) => one.partition === partition)?.high);
  }

  it('has on the topic whatever it says is durable, also while a partition moves to another node', async () => {
    const topic = await topicOn(1, 2);
    const before = await published(transport, records(topic, 'before', COUNT));

    await reassign(topic, 1, [1]);
    await eventually(async () => {
      expect((await stateOf(topic, 1))?.leader).toBe(1);
    });
    const after = await published(transport, records(topic, 'after', COUNT));

    const collector = new Collector();
    await transport.subscribe({ group: unique('moved'), topics: [topic] }, collector.handler);
    await eventually(() => {
      expect(new Set(collector.values())).toEqual(new Set([...before, ...after]));
    });
  });

  it('writes nothing twice where another try would not help', async () => {
    const topic = await topicOn(1, 1);
    await reassign(topic, 1, [1, 2]);
    await eventually(async () => {
      expect((await stateOf(topic, 1))?.isr).toHaveLength(2);
    });

    nodes[1]?.freeze();
    try {
      // Those of partition 1 wait for a replica that does not answer.
      const publishing = transport.publish(records(topic, 'ill', COUNT));
      await expect(publishing).rejects.toThrow(TransportUnavailableError);
    } finally {
      nodes[1]?.thaw();
    }

    const values: string[] = [];
    const onBatch = ({ partition, records: batch }: RecordBatch): Promise<void> => {
      if (partition === 0) values.push(...batch.map(({ value }) => String(value)));
      return Promise.resolve();
    };
    await transport.subscribe({ group: unique('ill'), topics: [topic] }, onBatch);
    await eventually(async () => {
      expect(values).toHaveLength(await recordsOn(topic, 0));
      expect(values).not.toHaveLength(0);
    });
    expect(new Set(values).size).toBe(values.length);
  });
});
