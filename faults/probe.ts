import { eventually } from '../test/support/eventually.js';
import { plainSubmission } from './mix/submission.js';
import { Submitter } from './mix/submitter.js';
import type { Stage } from './stage/stage.js';

/** Enough to meet every partition of the topics. */
const EACH = 8;

const TYPES = ['wild', 'claimed', 'default', 'sdk'];

const OPEN = `
  SELECT type, state, count(*)::integer AS count FROM dispatches WHERE task_id = ANY($1) GROUP BY type, state`;

/** How long the tasks of each type took to be sent, or claimed, and to end: what was late shows. In seconds. */
export type Stages = Record<string, { sent: number; ended: number }>;

/** Resolves when tasks of every type, keyed and not, that are submitted now by way of each web process, have ended. Rejects after `patienceMs`. */
export async function probe(
  { doors, history, people, installation }: Stage,
  patienceMs: number,
): Promise<Stages> {
  const begin = performance.now();
  const stages: Stages = Object.fromEntries(TYPES.map((type) => [type, { sent: 0, ended: 0 }]));
  const submitter = new Submitter(doors, history);
  const [person] = people.owners;
  const submissions = TYPES.flatMap((type) => Array.from({ length: EACH }, () => plainSubmission(type)));
  const keyed = [plainSubmission('wild', 'probe'), plainSubmission('claimed', 'probe')];
  const ids = await Promise.all(
    doors.urls.map((_, door) =>
      submitter.submitBatch(door, person, door === 0 ? [...submissions, ...keyed] : submissions),
    ),
  );
  await eventually(
    async () => {
      const rows = await installation.query<{ type: string; state: string }>(OPEN, [ids.flat()]);
      for (const { type, state } of rows) {
        const stage = stages[type];
        const seconds = (performance.now() - begin) / 1000;
        if (stage) stage.ended = seconds;
        if (stage && state !== 'sent' && state !== 'claimed') stage.sent = seconds;
      }
      if (rows.length > 0) throw new Error(`probes have not ended: ${JSON.stringify(rows)}`);
    },
    { timeoutMs: patienceMs, intervalMs: 50 },
  );
  return stages;
}
