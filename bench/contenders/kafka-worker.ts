import { Kafka, logLevel } from 'kafkajs';
import { consume } from '../peers/kafka-loop.js';

// The worker of every contender that hands tasks out over Kafka: it does nothing and answers at once, so that the rate and
// latency that are left are the contender's own.
const { brokers, requestTopic, resultTopic } = JSON.parse(process.argv[2] ?? '') as Record<string, string>;
const kafka = new Kafka({ brokers: [brokers ?? ''], logLevel: logLevel.NOTHING });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: `${requestTopic}-worker`, maxWaitTimeInMs: 100 });
await producer.connect();
await consume(consumer, requestTopic ?? '', async (requests) => {
  const messages = requests.map(({ value, headers }) => {
    const taskId = /"taskId":"([^"]+)"/.exec(value?.toString() ?? '')?.[1] ?? '';
    const attempt = Number(headers?.['taskwire-attempt']?.toString() ?? 1);
    return {
      key: taskId,
      value: JSON.stringify({ taskId, status: 'DONE', attempt, vector: [0.1, 0.2, 0.3] }),
    };
  });
  await producer.send({ topic: resultTopic ?? '', messages });
});
process.stdout.write('ready\n');
process.on('SIGTERM', () => {
  void consumer.disconnect().then(() => process.exit());
});
