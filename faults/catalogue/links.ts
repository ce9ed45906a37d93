import { setTimeout as pause } from 'node:timers/promises';
import type { Cable } from '../../test/support/cable.js';
import type { Stage } from '../stage/stage.js';
import type { Fault } from './fault.js';

const CUTS = 10;
const DELAY_MS = 200;
const SLOW_MS = 15_000;

/** The cables of the second process of each role. */
function cablesOf({ cable, servers: { byCable } }: Stage): Cable[] {
  return byCable ? [cable, byCable.cable] : [cable];
}

/** What happens on the way to the servers. */
export const LINK_FAULTS: Fault[] = [
  {
    name: 'tcp-reset',
    about: `the connections of one process of each role to PostgreSQL and Kafka are cut, ${CUTS} times, and refused for up to 1 s`,
    inject: async (stage, random) => {
      const cables = cablesOf(stage);
      for (let turn = 0; turn < CUTS; turn++) {
        await Promise.all(cables.map((cable) => cable.cut()));
        await pause(random.between(0, 1_000));
        await Promise.all(cables.map((cable) => cable.mend()));
        await pause(random.between(0, 1_000));
      }
    },
  },
  {
    name: 'slow-links',
    about: `whatever one process of each role says to PostgreSQL and Kafka or hears from them takes ${DELAY_MS} ms longer, piece by piece, for ${SLOW_MS / 1_000} s`,
    inject: async (stage) => {
      for (const cable of cablesOf(stage)) cable.slow(DELAY_MS);
      await pause(SLOW_MS);
      for (const cable of cablesOf(stage)) cable.slow(0);
    },
  },
  {
    name: 'half-open',
    about:
      'the connections of one process of each role to PostgreSQL and Kafka carry nothing any more and are never closed; new ones work; recovery counts from there',
    inject: (stage) => {
      for (const cable of cablesOf(stage)) cable.hang();
      return Promise.resolve();
    },
  },
];
