import { setTimeout as sleep } from 'node:timers/promises';
import { CONTENDERS } from '../contenders.js';
import { taskwire } from '../contenders/taskwire.js';
import { residentMegabytes } from '../process-figures.js';
import type { Scenario } from '../scenario.js';

/** How long after the start the memory is looked at, in milliseconds. */
const IDLE = 5_000;

/** From nothing (an empty schema) to ready, and the memory of a process that has nothing to do. */
export const start: Scenario = {
  title: 'Start on an empty database until ready, and resident memory of an idle process',
  plotted: 'MB',
  contenders: [
    ...(['all', 'web', 'worker'] as const).map((role) => taskwire(`taskwire ${role}`, [role])),
    ...CONTENDERS.filter(({ name }) => !name.startsWith('taskwire')),
  ],
  enter: (contender, servers) =>
    Promise.resolve({
      take: async () => {
        const begin = performance.now();
        const running = await contender.start(servers);
        const seconds = (performance.now() - begin) / 1_000;
        await sleep(IDLE);
        const [pid = 0] = Object.values(running.processes);
        const megabytes = await residentMegabytes(pid);
        await running.stop();
        return { 'seconds to ready': seconds, MB: megabytes };
      },
      stop: () => Promise.resolve(),
    }),
};
