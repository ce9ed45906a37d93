import { eventually } from '../test/support/eventually.js';
import { plainSubmission } from './mix/submission.js';
import { Submitter } from './mix/submitter.js';
import type { Scene } from './stage/scene.js';

/** Enough to meet every partition of the topics. */
const EACH = 8;

/** How long the tasks of each type took to be sent, or claimed, and to end: what was late shows. In seconds. */
export type Stages = Record<string, { sent: number; ended: number }>;

/** Resolves when tasks of every type, keyed and not, that are submitted now by way of each web process, have ended. Rejects after `patienceMs`. */
export async function probe(
  { doors, history, people, inspector, taskTypes }: Scene,
  patienceMs: number,
): Promise<Stages> {
  const begin = performance.now();
  const stages: Stages = Object.fromEntries(taskTypes.all.map((type) => [type, { sent: 0, ended: 0 }]));
  const submitter = new Submitter(doors, history);
  const [person] = people.owners;
  const submissions = taskTypes.all.flatMap((type) =>
    Array.from({ length: EACH }, () => plainSubmission(type)),
  );
  const keyed = taskTypes.keyed.map((type) => plainSubmission(type, 'probe'));
  const ids = await Promise.all(
    doors.urls.map((_, door) =>
      submitter.submitBatch(door, person, door === 0 ? [...submissions, ...keyed] : submissions),
    ),
  );
  await eventually(
    async () => {
      const open = await inspector.open(ids.flat());
      for (const { type, state } of open) {
        const stage = stages[type];
        const seconds = (performance.now() - begin) / 1000;
        if (stage) stage.ended = seconds;
        if (stage && state !== 'sent' && state !== 'claimed') stage.sent = seconds;
      }
      if (open.length > 0) throw new Error(`probes have not ended: ${tally(open)}`);
    },
    { timeoutMs: patienceMs, intervalMs: 50 },
  );
  return stages;
}

/** `12 × wild sent, …` */
function tally(open: readonly { type: string; state: string }[]): string {
  const counts = new Map<string, number>();
  for (const { type, state } of open)
    counts.set(`${type} ${state}`, (counts.get(`${type} ${state}`) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
}
