import { ofWarm, type Figures, type Scenario } from '../scenario.js';

const CONNECTIONS = [1, 16, 64, 256];

/** Durable submissions a second, by how many connections submit as fast as they are answered. */
export const submissions: Scenario = {
  title: 'Durable submissions a second, by the number of connections; no worker',
  plotted: '64',
  enter: ofWarm(false, (entrant, { seconds }) => async () => {
    const figures: Figures = {};
    for (const connections of CONNECTIONS) {
      const outcome = await entrant.load({
        kind: 'closed',
        connections,
        batch: 1,
        until: { seconds },
      });
      figures[connections] = outcome.accepted / outcome.seconds;
    }
    await entrant.running.startWorker();
    await entrant.audit();
    await entrant.running.stopWorker();
    return figures;
  }),
};
