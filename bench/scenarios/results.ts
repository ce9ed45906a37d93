import { eventually } from '../../test/support/eventually.js';
import { install, targetOf, taskwire, type Installation } from '../contenders/taskwire.js';
import { recordsOn } from '../contenders/topics.js';
import { generate } from '../generator/generate.js';
import type { Scenario } from '../scenario.js';
import type { Servers } from '../servers.js';

/** Results for each second of the pace: 200,000 at the calm one. */
const RESULTS_PER_SECOND = 40_000;

/** So many tasks are accepted at a time: what a web process cannot send soon it leaves to the relay, which is not there. */
const PORTION = 5_000;

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
        await gather(installation, servers, { from: total, to: total + size });
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

/** Submits tasks and has them answered, with nobody there to read the answers. */
async function gather(
  { start, worker, topics }: Installation,
  { brokers }: Servers,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const web = await start('web');
  try {
    const target = targetOf(web.url);
    const isReady = async (): Promise<void> => {
      const { status } = (await (await fetch(`${web.url}/health/ready`)).json()) as { status: string };
      if (status !== 'ok') throw new Error('its topics have not been looked at yet');
    };
    await eventually(isReady);
    await worker.start();
    for (let answered = from; answered < to; answered += PORTION) {
      const until = { accepted: PORTION };
      await generate({ kind: 'closed', target, connections: 2, batch: 500, until });
      const isAnswered = async (): Promise<void> => {
        const records = await recordsOn(brokers, topics.resultTopic);
        if (records < answered + PORTION) throw new Error(`${records} results are there`);
      };
      await eventually(isAnswered, { timeoutMs: 60_000, intervalMs: 200 });
    }
  } finally {
    await worker.stop();
    await web.stop();
  }
}
