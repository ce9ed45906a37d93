import { written } from '../database-figures.js';
import type { Entrant } from '../entrant.js';
import { processorTime } from '../process-figures.js';
import { ofWarm, type Figures, type Scenario } from '../scenario.js';

const RATE = 200;

/** What a task costs while two hundred a second come. */
export const cost: Scenario = {
  title: `Per task at ${RATE} a second: processor time of the contender's own processes, rows and log of PostgreSQL`,
  plotted: 'CPU ms',
  enter: ofWarm(true, (entrant, { seconds }, servers) => async () => {
    const { databaseUrl } = entrant.running;
    const rowsBefore = await written(servers, databaseUrl);
    const timesBefore = await times(entrant);
    const { accepted } = await entrant.load({ kind: 'open', rate: RATE, seconds: seconds * 2 });
    const timesAfter = await times(entrant);
    await entrant.audit();
    const rowsAfter = await written(servers, databaseUrl);
    const perTask = (before: Figures, after: Figures): Figures =>
      Object.fromEntries(
        Object.entries(after).map(([name, value]) => [name, (value - (before[name] ?? 0)) / accepted]),
      );
    return { ...perTask(timesBefore, timesAfter), ...perTask(rowsBefore, rowsAfter) };
  }),
};

async function times({ running }: Entrant): Promise<Figures> {
  const each = await Promise.all(Object.values(running.processes).map((pid) => processorTime(pid)));
  return { 'CPU ms': each.reduce((sum, time) => sum + time, 0) };
}
