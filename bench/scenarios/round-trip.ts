import { ofWarm, type Scenario } from '../scenario.js';

/** From POST to the message that the task has ended, one task at a time. */
export const roundTrip: Scenario = {
  title: 'Milliseconds from POST to the message that the task has ended, one task at a time',
  plotted: 'p50',
  enter: ofWarm(true, (entrant, { seconds }) => async () => {
    const { answers, ends } = await entrant.load({ kind: 'in-flight', tasks: 1, seconds });
    await entrant.audit();
    return { 'answer p50': answers.p50, p50: ends?.p50 ?? NaN, p99: ends?.p99 ?? NaN };
  }),
};
