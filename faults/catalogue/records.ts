import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { makeRequestLetters, redrive, unreadable } from './letters.js';

const POISON = 200;

/** What is wrong with records, and what is done about it. */
export const RECORD_FAULTS: Fault[] = [
  {
    name: 'poison-at-the-head',
    about: `${POISON} records that nobody can process, one after the other, before the results`,
    inject: async ({ topicWorker }) => {
      for (let n = 0; n < POISON; n++) await topicWorker.poison(null, unreadable());
    },
  },
  {
    name: 'redrive-kill',
    about: '`kill -9` of a `worker` at a random moment of a redrive of many letters',
    inject: async (stage, random) => {
      await makeRequestLetters(stage);
      await redrive(stage, stage.types.wild.requestTopic);
      await pause(random.between(0, 1_000));
      await random.pick(stage.workers).kill();
    },
    mend: async ({ workers }) => {
      for (const worker of workers) await worker.revive();
    },
  },
];
