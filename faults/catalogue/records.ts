import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.js';
import { plainSubmission } from '../mix/submission.js';
import { Submitter } from '../mix/submitter.js';
import type { Stage } from '../stage/stage.js';
import type { Fault } from './fault.js';

const POISON = 200;
const LETTERS = 40;

/** Makes tasks whose workers dead-letter them; resolves when there are letters. */
async function makeLetters({ doors, history, people, installation, types }: Stage): Promise<void> {
  const [person] = people.owners;
  const submissions = Array.from({ length: LETTERS }, () => {
    const submission = plainSubmission('wild');
    return { ...submission, payload: { ...submission.payload, deed: 'dead-letter' } };
  });
  await new Submitter(doors, history).submitBatch(0, person, submissions);
  await eventually(
    async () => {
      const open = `SELECT 1 FROM dead_letters WHERE topic = $1 AND status = 'open'`;
      const { length } = await installation.query(open, [types.wild.requestTopic]);
      if (length < LETTERS / 2) throw new Error(`there are ${length} letters`);
    },
    { timeoutMs: 60_000, intervalMs: 100 },
  );
}

/** What is wrong with records, and what is done about it. */
export const RECORD_FAULTS: Fault[] = [
  {
    name: 'poison-at-the-head',
    about: `${POISON} records that nobody can process, one after the other, before the results`,
    inject: async ({ topicWorker }) => {
      for (let n = 0; n < POISON; n++) await topicWorker.poison(null, Buffer.from([0xff, 0, n]));
    },
  },
  {
    name: 'redrive-kill',
    about: '`kill -9` of a `worker` at a random moment of a redrive of many letters',
    inject: async (stage, random) => {
      await makeLetters(stage);
      const { doors, people, types, workers } = stage;
      const body = { filter: { topic: types.wild.requestTopic }, ratePerSecond: LETTERS };
      const { status } = await doors.insist(0, '/v1/redrives', people.operator.token, body);
      if (status !== 202) throw new Error(`a redrive was refused: ${status}`);
      await pause(random.between(0, 1_000));
      await random.pick(workers).kill();
    },
    mend: async ({ workers }) => {
      for (const worker of workers) await worker.revive();
    },
  },
];
