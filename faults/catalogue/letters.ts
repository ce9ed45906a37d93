import { eventually } from '../../test/support/eventually.js';
import { plainSubmission } from '../mix/submission.js';
import { Submitter } from '../mix/submitter.js';
import type { Stage } from '../stage/stage.js';

/** How many letters are made, and how many are redriven in a second. */
export const LETTERS = 40;

/** Makes tasks whose workers dead-letter them; resolves when there are letters. */
export async function makeRequestLetters({
  doors,
  history,
  people,
  installation,
  types,
}: Stage): Promise<void> {
  const [person] = people.owners;
  const submissions = Array.from({ length: LETTERS }, () => {
    const submission = plainSubmission('wild');
    return { ...submission, payload: { ...submission.payload, deed: 'dead-letter' } };
  });
  await new Submitter(doors, history).submitBatch(0, person, submissions);
  await thereAre(installation, types.wild.requestTopic);
}

/** Writes results that nobody can read; resolves when there are letters. */
export async function makeResultLetters({ installation, topicWorker, types }: Stage): Promise<void> {
  for (let n = 0; n < LETTERS; n++) await topicWorker.poison(null, Buffer.from([0xff, 1, n]));
  await thereAre(installation, types.wild.resultTopic);
}

/** Orders a redrive of all open letters of a topic. */
export async function redrive({ doors, people }: Stage, topic: string): Promise<void> {
  const body = { filter: { topic }, ratePerSecond: LETTERS };
  const { status } = await doors.insist(0, '/v1/redrives', people.operator.token, body);
  if (status !== 202) throw new Error(`a redrive was refused: ${status}`);
}

async function thereAre(installation: Stage['installation'], topic: string): Promise<void> {
  const enough = async (): Promise<void> => {
    const open = `SELECT 1 FROM dead_letters WHERE topic = $1 AND status = 'open'`;
    const { length } = await installation.query(open, [topic]);
    if (length < LETTERS / 2) throw new Error(`there are ${length} letters`);
  };
  await eventually(enough, { timeoutMs: 60_000, intervalMs: 100 });
}
