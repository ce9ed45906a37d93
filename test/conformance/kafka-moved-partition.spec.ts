import { Kafka, logLevel, type Admin } from 'kafkajs';
import { KafkaTransport } from '../../src/transport/drivers/kafka/kafka-transport.js';
import { eventually } from '../support/eventually.js';
import { startKafkaCluster } from '../support/kafka-cluster.js';
import type { KafkaBroker } from '../support/kafka.js';
import { describeWithServices, unique } from '../support/services.js';
import { Collector, published, records } from './stage.js';

/** So many records, each with a key of its own, that each partition gets some of them. */
const COUNT = 20;

describeWithServices('the kafka transport while a partition moves to another node', ['ownKafka'], () => {
  let nodes: KafkaBroker[];
  let admin: Admin;
  let transport: KafkaTransport;

  beforeAll(async () => {
    nodes = await startKafkaCluster(2, 1);
    const brokers = nodes.map((node) => node.brokers);
    admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    transport = new KafkaTransport({ brokers, clientId: 'moved' }, () => undefined);
  });
  afterAll(async () => {
    await transport.close();
    await admin.disconnect();
    await Promise.all(nodes.map((node) => node.close()));
  });

  async function leaderOf(topic: string, partition: number): Promise<number | undefined> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader;
  }

  it('has on the topic whatever it says is durable, also where one node leads what another did a moment ago', async () => {
    const topic = unique('moved');
    const replicaAssignment = [
      { partition: 0, replicas: [1] },
      { partition: 1, replicas: [2] },
    ];
    await admin.createTopics({ topics: [{ topic, replicaAssignment }] });
    const before = await published(transport, records(topic, 'before', COUNT));

    const partitionAssignment = [{ partition: 1, replicas: [1] }];
    await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
    await eventually(async () => {
      expect(await leaderOf(topic, 1)).toBe(1);
    });
    const after = await published(transport, records(topic, 'after', COUNT));

    const collector = new Collector();
    await transport.subscribe({ group: unique('moved'), topics: [topic] }, collector.handler);
    await eventually(() => {
      expect(new Set(collector.values())).toEqual(new Set([...before, ...after]));
    });
  });
});
