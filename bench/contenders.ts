import type { Contender } from './contender.js';
import { kafkaPeer } from './contenders/peer.js';
import { taskwire } from './contenders/taskwire.js';

/** All there are. */
export const CONTENDERS: readonly Contender[] = [
  taskwire('taskwire', ['all']),
  taskwire('taskwire-split', ['web', 'worker']),
  kafkaPeer({
    name: 'floor',
    about: 'Fastify, pg, kafkajs and ws with group commits and batches, and no product around them',
  }),
];
