import type { Contender } from './contender.js';
import { kafkaPeer } from './contenders/peer.js';
import { queuePeer } from './contenders/queue.js';
import { launchSpring } from './contenders/spring.js';
import { taskwire } from './contenders/taskwire.js';

/** All there are. */
export const CONTENDERS: readonly Contender[] = [
  taskwire('taskwire', ['all']),
  taskwire('taskwire-split', ['web', 'worker']),
  kafkaPeer({
    name: 'floor',
    about: 'Fastify, pg, kafkajs and ws with group commits and batches, and no product around them',
  }),
  kafkaPeer({
    name: 'nest-kafka',
    about: 'NestJS with its own Kafka transport, TypeORM and Socket.IO',
    protocol: 'socket.io',
  }),
  kafkaPeer({
    name: 'spring',
    about: 'Spring Boot 3.5 with spring-kafka and JDBC',
    launch: launchSpring,
  }),
  queuePeer({
    name: 'bullmq-always',
    folder: 'bullmq',
    about: 'BullMQ 6, Redis with appendfsync always, results in PostgreSQL',
    redis: 'always',
  }),
  queuePeer({
    name: 'bullmq-everysec',
    folder: 'bullmq',
    about: 'the same with appendfsync everysec: a power cut takes the last second of accepted tasks',
    redis: 'everysec',
  }),
  queuePeer({
    name: 'pg-boss',
    folder: 'pg-boss',
    about: 'pg-boss 10, with NOTIFY so that nobody waits for a poll',
  }),
  queuePeer({
    name: 'graphile-worker',
    folder: 'graphile-worker',
    about: 'graphile-worker 0.16, results in a table of its own',
  }),
];
