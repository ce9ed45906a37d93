import { parseArgs } from 'node:util';
import { FAULTS } from './catalogue/catalogue.js';
import { describeTrial, table, write } from './report.js';
import { startServers } from './stage/servers.js';
import { runTrial, type Trial } from './trial.js';

const TASKS = 60;
const QUIET_MS = 120_000;

// npm run faults -- [--fault NAME,…] [--seed N] [--repeats N] [--write]. Taskwire has to be built.
const { values } = parseArgs({
  options: {
    fault: { type: 'string' },
    seed: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const wanted = values.fault?.split(',');
const faults = FAULTS.filter(({ name }) => wanted?.includes(name) ?? true);
if (faults.length === 0)
  throw new Error(`there are these faults: ${FAULTS.map(({ name }) => name).join(', ')}`);
const servers = await startServers();
const trials: Trial[] = [];
try {
  for (const fault of faults) {
    for (let turn = 0; turn < Number(values.repeats); turn++) {
      const options = { seed: Number(values.seed) + turn, tasks: TASKS, quietMs: QUIET_MS };
      const trial = await runTrial(fault, servers, options);
      console.log(describeTrial(trial));
      trials.push(trial);
    }
  }
} finally {
  await servers.close();
}
console.log(table(faults, trials));
if (values.write) await write(faults, trials);
process.exitCode = trials.some(({ violations }) => violations.length > 0) ? 1 : 0;
