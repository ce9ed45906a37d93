import Fastify from 'fastify';
import { Kafka, logLevel } from 'kafkajs';
import { WebSocketServer } from 'ws';
import { consume } from '../kafka-loop.js';
import { settings } from '../peer-settings.js';
import { publishing } from './publishing.js';
import { Store } from './store.js';

// The raw floor: the same hops as Taskwire's (HTTP → group commit → request topic → worker → result topic → one UPDATE a batch
// → WebSocket) with no product around them: no attempts, owners, history, retries, relay, dead letters. What Node, pg and
// kafkajs can do.
const { port, brokers, databaseUrl, requestTopic, resultTopic } = settings;
const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
const store = await Store.open(databaseUrl);
const publish = await publishing(kafka, requestTopic);

const app = Fastify({ forceCloseConnections: true });
const sockets = new WebSocketServer({ server: app.server, path: '/events', perMessageDeflate: false });

const body = {
  type: 'object',
  required: ['payload'],
  properties: { payload: { type: 'object' } },
} as const;

app.post<{ Body: { payload: object } }>(
  '/tasks',
  { schema: { body } },
  async ({ body: { payload } }, reply) => {
    const task = await store.accept(payload);
    publish(task);
    return reply.code(202).send({ id: task.id, status: 'queued', payload });
  },
);
await app.listen({ port, host: '127.0.0.1' });

// At once, and whatever has come: a lone result does not wait for others.
const consumer = kafka.consumer({ groupId: resultTopic, maxWaitTimeInMs: 100, minBytes: 1 });
await consume(consumer, resultTopic, async (messages) => {
  const results = messages.map(({ value }) => {
    const { taskId, ...result } = JSON.parse(value?.toString() ?? '{}') as { taskId: string };
    return { id: taskId, result: JSON.stringify(result) };
  });
  const ended = new Set(await store.end(results));
  for (const { id, result } of results) {
    if (!ended.delete(id)) continue;
    for (const socket of sockets.clients)
      socket.send(`{"taskId":"${id}","type":"succeeded","result":${result}}`);
  }
});
process.stdout.write('ready\n');
