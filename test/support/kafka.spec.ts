import { Kafka, logLevel } from 'kafkajs';
import { startKafkaBroker } from './kafka.js';
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

describeWithServices('a broker of its own', ['ownKafka'], () => {
  it('keeps its address and its records over stop, kill and freeze', async () => {
    const broker = await startKafkaBroker();
    try {
      await write(broker.brokers, 'kept');
      await broker.stop();
      await expect(endOffset(broker.brokers, 'kept')).rejects.toThrow();
      await broker.start();
      await broker.kill();
      await broker.start();
      broker.freeze();
      broker.thaw();
      expect(await endOffset(broker.brokers, 'kept')).toBe('1');
    } finally {
      await broker.close();
    }
  }, 180_000); // three starts, on a machine that may be busy
});
