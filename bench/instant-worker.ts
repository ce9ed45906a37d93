import { Kafka, logLevel } from 'kafkajs';

// A compute worker that does nothing and answers at once: the rate and latency that are left are Taskwire's own.
const [brokers = '', requestTopic = '', resultTopic = ''] = process.argv.slice(2);
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: `${requestTopic}-worker`, maxWaitTimeInMs: 100 });
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic: requestTopic, fromBeginning: true });
consumer.on('consumer.group_join', () => process.stdout.write('ready\n'));
await consumer.run({
  autoCommitInterval: 1_000,
  partitionsConsumedConcurrently: 3,
  eachBatch: async ({ batch }) => {
    const messages = batch.messages.map(({ value, headers }) => {
      const { taskId } = JSON.parse(value?.toString() ?? '{}') as { taskId?: string };
      const attempt = Number(headers?.['taskwire-attempt']?.toString());
      return {
        key: taskId,
        value: JSON.stringify({ taskId, status: 'DONE', attempt, vector: [0.1, 0.2, 0.3] }),
      };
    });
    await producer.send({ topic: resultTopic, messages });
  },
});
process.on('SIGTERM', () => void consumer.disconnect().then(() => producer.disconnect()));
