import type { Scenario } from '../scenario.js';

/** From POST to the message that the task has ended, one task at a time. */
export const roundTrip: Scenario = {
  title: 'From POST to the message that the task has ended, one task at a time',
  unit: ' ms',
  plotted: 'p50',
  withWorker: true,
  prepare:
    (entrant, { tasks }) =>
    async () => {
      const { answers, ends, unseen } = await entrant.load({ kind: 'one-by-one', total: tasks });
      if (unseen > 0) throw new Error(`${entrant.name}: the end of ${unseen} tasks was not pushed`);
      await entrant.audit();
      return { 'answer p50': answers.p50, p50: ends?.p50 ?? NaN, p99: ends?.p99 ?? NaN };
    },
};
