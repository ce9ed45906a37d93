import { setTimeout as pause } from 'node:timers/promises';
import type { EmbeddedFault } from './fault.js';

const KILLS = 3;

/** What happens to the one process that is everything. */
export const EMBEDDED_FAULTS: EmbeddedFault[] = [
  {
    name: 'kill-embedded',
    about: `\`kill -9\` of the one process with its embedded database, ${KILLS} times, at random moments; only claimed tasks`,
    embedded: true,
    inject: async ({ webs }, random) => {
      for (let turn = 0; turn < KILLS; turn++) {
        await pause(random.between(0, 2_000));
        for (const member of webs) {
          await member.kill();
          await member.start();
        }
      }
    },
  },
];
