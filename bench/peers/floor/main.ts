import { Kafka, logLevel } from 'kafkajs';
import { createFront } from '../front.js';
import { consume } from '../kafka-loop.js';
import { settings } from '../peer-settings.js';
import { publishing } from './publishing.js';
import { Store } from './store.js';

// The raw floor: the same hops as Taskwire's (HTTP → group commit → request topic → worker → result topic → one UPDATE a batch
// → WebSocket) with no product around them: no attempts, owners, history, retries, relay, dead letters. What Node, Fastify, pg
// and kafkajs can do.
const { port, brokers, databaseUrl, requestTopic, resultTopic } = settings;
const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
const store = await Store.open(databaseUrl);
const publish = await publishing(kafka, requestTopic);

const { app, push } = createFront(async (payload) => {
  const task = await store.accept(payload);
  publish(task);
  return task.id;
});
await app.listen({ port, host: '127.0.0.1' });

const consumer = kafka.consumer({ groupId: resultTopic, maxWaitTimeInMs: 100 });
await consume(consumer, resultTopic, async (messages) => {
  const results = messages.map(({ value }) => {
    const { taskId, ...result } = JSON.parse(value?.toString() ?? '{}') as { taskId: string };
    return { id: taskId, result: JSON.stringify(result) };
  });
  const ended = new Set(await store.end(results));
  for (const { id, result } of results) if (ended.delete(id)) push(id, result);
});
process.stdout.write('ready\n');
