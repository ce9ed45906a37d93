import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../../test/support/eventually.js';
import type { TaskwireProcess } from '../../test/support/process.js';
import { install, targetOf, taskwire, type Installation } from '../contenders/taskwire.js';
import { lagOf } from '../contenders/topics.js';
import { generate } from '../generator/generate.js';
import type { Scenario } from '../scenario.js';
import type { Servers } from '../servers.js';

/** Results for each second of the pace: 200,000 at the calm one. */
const RESULTS_PER_SECOND = 40_000;

/** Results have gathered on the topic while no Taskwire was there; then one process in the role `worker` comes. */
export const results: Scenario = {
  title:
    'Results a second of a backlog of 200,000 on the result topic, read by one process in the role `worker`',
  plotted: 'results/s',
  contenders: [taskwire('taskwire', ['worker'])],
  // Its processes come and go within a turn.
  enter: async (_contender, servers, { seconds }) => {
    const installation = await install(servers, 'taskwire');
    const size = RESULTS_PER_SECOND * seconds;
    let total = 0;
    return {
      take: async () => {
        await gather(installation, servers, size);
        total += size;
        const worker = await installation.start('worker');
        await eventually(
          async () => {
            const { accepted, ended } = await installation.audit();
            if (accepted !== total || ended !== total) throw new Error(`${ended} of ${total} have ended`);
          },
          { timeoutMs: 600_000, intervalMs: 1_000 },
        );
        await worker.stop();
        const [{ took } = { took: NaN }] = await servers.query<{ took: number }>(
          `SELECT extract(epoch FROM max(finished_at) - min(finished_at))::float8 AS took
          FROM (SELECT finished_at FROM tasks ORDER BY id DESC LIMIT ${size}) AS newest`,
          installation.databaseUrl,
        );
        return { 'results/s': size / took };
      },
      stop: () => installation.remove(),
    };
  },
};

/**
 * Submits tasks and has them answered, with nobody there to read the answers: a Taskwire that looks for them on another topic. It has
 * a relay, as any installation, for what the fast path leaves behind when the database or the broker has other things to do.
 */
async function gather(
  { start, worker, topics, databaseUrl }: Installation,
  { brokers, query }: Servers,
  size: number,
): Promise<void> {
  const types = path.join(tmpdir(), `${topics.requestTopic}-elsewhere.yaml`);
  const elsewhere = { ...topics, resultTopic: `${topics.resultTopic}-elsewhere` };
  await writeFile(types, `types:\n  default: ${JSON.stringify(elsewhere)}\n`);
  let taskwire: TaskwireProcess | null = null;
  try {
    taskwire = await start('all', { TASK_TYPES: types });
    await worker.start();
    const target = targetOf(taskwire.url);
    await generate({ kind: 'closed', target, connections: 2, batch: 500, until: { accepted: size } });
    const areAnswered = async (): Promise<void> => {
      const [{ unsent } = { unsent: NaN }] = await query<{ unsent: number }>(
        `SELECT count(*)::integer AS unsent FROM dispatches WHERE state <> 'sent'`,
        databaseUrl,
      );
      const lag = await lagOf(brokers, `${topics.requestTopic}-worker`, topics.requestTopic);
      if (unsent + lag !== 0) throw new Error(`${unsent} are not sent, ${lag} not answered`);
    };
    await eventually(areAnswered, { timeoutMs: 120_000, intervalMs: 500 });
  } finally {
    await Promise.all([worker.stop(), taskwire?.stop(), rm(types)]);
  }
}
