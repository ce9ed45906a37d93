import { Kafka, logLevel } from 'kafkajs';
import { eventually } from '../../test/support/eventually.js';
import { unique } from '../../test/support/services.js';

/** The topics of a contender. */
export interface Topics {
  requestTopic: string;
  resultTopic: string;
}

/** Makes them, with names that nobody else has. */
export async function createTopics(brokers: string, name: string): Promise<Topics> {
  const topics = { requestTopic: unique(`${name}-request`), resultTopic: unique(`${name}-result`) };
  const names = Object.values<string>({ ...topics });
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  // kafkajs does not wait for a topic's leaders without now and then failing over it.
  await admin.createTopics({
    topics: names.map((topic) => ({ topic, numPartitions: 3 })),
    waitForLeaders: false,
  });
  await eventually(() => admin.fetchTopicMetadata({ topics: names }));
  await admin.disconnect();
  return topics;
}

/** How many records of a topic a consumer group has not committed yet. */
export async function lagOf(brokers: string, groupId: string, topic: string): Promise<number> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const [[committed], ends] = await Promise.all([
      admin.fetchOffsets({ groupId, topics: [topic] }),
      admin.fetchTopicOffsets(topic),
    ]);
    const sum = (numbers: string[]): number => numbers.reduce((total, number) => total + Number(number), 0);
    // Of a partition of which nothing was committed it is -1.
    const done = committed?.partitions.map(({ offset }) => (offset === '-1' ? '0' : offset)) ?? [];
    return sum(ends.map(({ high }) => high)) - sum(done);
  } finally {
    await admin.disconnect();
  }
}
