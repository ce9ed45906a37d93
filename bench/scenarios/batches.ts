import { taskwire } from '../contenders/taskwire.js';
import { ofWarm, type Scenario } from '../scenario.js';

const BATCH = 100;
const CONNECTIONS = 4;

/** What the peers do not have: many tasks in one request. */
export const batches: Scenario = {
  title: `Durable submissions a second in batches of ${BATCH} over ${CONNECTIONS} connections; no worker`,
  plotted: 'tasks/s',
  contenders: [taskwire('taskwire', ['all'])],
  enter: ofWarm(false, (entrant, { seconds }) => async () => {
    const order = { kind: 'closed', connections: CONNECTIONS, batch: BATCH, until: { seconds } } as const;
    const outcome = await entrant.load(order);
    await entrant.running.startWorker();
    await entrant.audit();
    await entrant.running.stopWorker();
    return { 'tasks/s': outcome.accepted / outcome.seconds, 'p99 ms of a batch': outcome.answers.p99 };
  }),
};
