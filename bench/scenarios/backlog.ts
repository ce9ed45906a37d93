import { ofWarm, type Scenario } from '../scenario.js';

/** Tasks for each second of the pace: 100,000 at the calm one. */
const TASKS_PER_SECOND = 20_000;

/** Tasks gather while no worker is there; then one comes. */
export const backlog: Scenario = {
  title: 'Complete tasks a second of a backlog of 100,000 that had gathered without a worker',
  plotted: 'tasks/s',
  enter: ofWarm(false, (entrant, { seconds }) => async () => {
    const size = TASKS_PER_SECOND * seconds;
    await entrant.load({ kind: 'closed', connections: 64, batch: 1, until: { accepted: size } });
    const start = performance.now();
    await entrant.running.startWorker();
    await entrant.audit();
    const took = (performance.now() - start) / 1_000;
    await entrant.running.stopWorker();
    return { 'tasks/s': size / took };
  }),
};
