import { randomUUID } from 'node:crypto';
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
  await moreLetters(installation, types.wild.requestTopic, () =>
    new Submitter(doors, history).submitBatch(0, person, submissions),
  );
}

/** Writes results that nobody can read; resolves when there are letters. */
export async function makeResultLetters({ installation, topicWorker, types }: Stage): Promise<void> {
  await moreLetters(installation, types.wild.resultTopic, async () => {
    for (let n = 0; n < LETTERS; n++) await topicWorker.poison(null, unreadable());
  });
}

/** Bytes that nobody can read, and that are no other record's. */
export function unreadable(): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0]), Buffer.from(randomUUID())]);
}

/** Orders a redrive of all open letters of a topic. */
export async function redrive({ doors, people }: Stage, topic: string): Promise<void> {
  const body = { filter: { topic }, ratePerSecond: LETTERS };
  const { status } = await doors.insist(0, '/v1/redrives', people.operator.token, body);
  if (status !== 202) throw new Error(`a redrive was refused: ${status}`);
}

/** Resolves when `make` has made letters, whatever there were before. */
async function moreLetters(
  installation: Stage['installation'],
  topic: string,
  make: () => Promise<unknown>,
): Promise<void> {
  const count = async (): Promise<number> => {
    const sql = 'SELECT count(*)::integer AS count FROM dead_letters WHERE topic = $1';
    const [row] = await installation.query<{ count: number }>(sql, [topic]);
    return row?.count ?? 0;
  };
  const before = await count();
  await make();
  const enough = async (): Promise<void> => {
    const made = (await count()) - before;
    if (made < LETTERS / 2) throw new Error(`there are ${made} new letters`);
  };
  await eventually(enough, { timeoutMs: 60_000, intervalMs: 100 });
}
