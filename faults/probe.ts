import { eventually } from '../test/support/eventually.js';
import { plainSubmission } from './mix/submission.js';
import { Submitter } from './mix/submitter.js';
import type { Stage } from './stage/stage.js';

/** Enough to meet every partition of the topics. */
const EACH = 8;

/** Resolves when tasks of every type, keyed and not, that are submitted now by way of each web process, have ended. Rejects after `patienceMs`. */
export async function probe(
  { doors, history, people, installation }: Stage,
  patienceMs: number,
): Promise<void> {
  const submitter = new Submitter(doors, history);
  const [person] = people.owners;
  const submissions = ['wild', 'claimed', 'default', 'sdk'].flatMap((type) =>
    Array.from({ length: EACH }, () => plainSubmission(type)),
  );
  const keyed = [plainSubmission('wild', 'probe'), plainSubmission('claimed', 'probe')];
  const ids = await Promise.all(
    doors.urls.map((_, door) =>
      submitter.submitBatch(door, person, door === 0 ? [...submissions, ...keyed] : submissions),
    ),
  );
  await eventually(
    async () => {
      const rows = await installation.query(
        `SELECT type, status, count(*) FROM tasks WHERE id = ANY($1) AND finished_at IS NULL
         GROUP BY type, status`,
        [ids.flat()],
      );
      if (rows.length > 0) throw new Error(`probes have not ended: ${JSON.stringify(rows)}`);
    },
    { timeoutMs: patienceMs, intervalMs: 50 },
  );
}
