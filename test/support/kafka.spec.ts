import { Kafka, logLevel } from 'kafkajs';
import { describeWithServices, unique } from './services.js';

/** Makes a topic of one partition with one record in it. */
async function write(brokers: string, topic: string): Promise<void> {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await producer.send({ topic, messages: [{ value: 'x' }] });
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}

async function endOffset(brokers: string, topic: string): Promise<string | undefined> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, retry: { retries: 1 } }).admin();
  await admin.connect();
  try {
    const [partition] = await admin.fetchTopicOffsets(topic);
    return partition?.high;
  } finally {
    await admin.disconnect();
  }
}

describeWithServices('the shared broker', ['kafka'], ({ brokers }) => {
  it('takes records', async () => {
    const topic = unique('support');
    await write(brokers, topic);
    expect(await endOffset(brokers, topic)).toBe('1');
  });
});
