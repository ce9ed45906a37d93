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

/** How many records were written to a topic. */
export async function recordsOn(brokers: string, topic: string): Promise<number> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
  } finally {
    await admin.disconnect();
  }
}
