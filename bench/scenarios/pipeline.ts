import type { Entrant } from '../entrant.js';
import { ofWarm, type Scenario } from '../scenario.js';

/** In milliseconds, from when a task was due to the message that it has ended. */
const P99_LIMIT = 100;

/** Where the search begins. */
const FIRST_RATE = 500;

/** How near the highest rate that holds and the lowest that does not have to be. */
const PRECISION = 1.05;

/** The highest rate at which tasks end in time and no backlog grows. */
export const pipeline: Scenario = {
  title: `Complete tasks a second with p99 < ${P99_LIMIT} ms and a flat backlog`,
  plotted: 'tasks',
  enter: ofWarm(true, (entrant, { seconds }) => {
    let rate = FIRST_RATE;
    let stride = 2;
    return async () => {
      rate = await highest(rate, stride, (rate) => holds(entrant, rate, seconds));
      stride = 1.1;
      await entrant.audit();
      return { tasks: rate };
    };
  }),
};

/** Once more after a failure: a machine that has other things to do for 50 ms spoils the p99 of five seconds. */
async function holds(entrant: Entrant, rate: number, seconds: number): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const { ends, backlog } = await entrant.load({ kind: 'open', rate, seconds });
    if (ends && ends.p99 < P99_LIMIT && backlog < (rate * P99_LIMIT) / 1_000) return true;
  }
  return false;
}

/** Searches from `start`, in strides until one rate holds and one does not, then between the two. */
async function highest(
  start: number,
  stride: number,
  holds: (rate: number) => Promise<boolean>,
): Promise<number> {
  let [good, bad, rate] = [0, Infinity, start];
  while (bad / good > PRECISION) {
    if (await holds(rate)) good = rate;
    else bad = rate;
    if (bad === Infinity) rate = good * stride;
    else rate = good === 0 ? bad / stride : Math.sqrt(good * bad);
  }
  return good;
}
