import { parseArgs } from 'node:util';
import { BUGS } from './bugs/bugs.js';
import { bugTable, hunt, type Hunted } from './bugs/hunt.js';
import { FAULTS } from './catalogue/catalogue.js';
import { describeTrial } from './results/describe-trial.js';
import { writeDocument } from './results/document.js';
import { keepResult } from './results/results-file.js';
import { resultOf } from './results/result.js';
import { table } from './results/table.js';
import { startServers } from './stage/servers.js';
import { runTrial, type Trial } from './trial.js';

const TASKS = 60;
const QUIET_MS = 120_000;

// npm run faults -- [--fault NAME,…] [--seed N] [--repeats N] [--write] [--keep]
// npm run faults -- --bugs [--fault BUG,…]. Taskwire has to be built.
// --write keeps each result in faults/results.jsonl and makes the table of docs/faults.md from all that were kept;
// --keep leaves the log and what the processes said behind also when all is well.
const { values } = parseArgs({
  options: {
    fault: { type: 'string' },
    seed: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    bugs: { type: 'boolean', default: false },
  },
});
// kafkajs 2.2.4 leaves rejections of its own to nobody when a broker dies. What becomes of it shows in the audit.
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Error && error.name.startsWith('KafkaJS'))) throw error;
});
const wanted = values.fault?.split(',');
const servers = await startServers();
try {
  process.exitCode = (await (values.bugs ? huntAll() : breakAll())) ? 0 : 1;
} finally {
  await servers.close();
}

/** Whether no promise was broken. */
async function breakAll(): Promise<boolean> {
  const faults = FAULTS.filter(({ name }) => wanted?.includes(name) ?? true);
  const trials: Trial[] = [];
  for (const fault of faults) {
    for (let turn = 0; turn < Number(values.repeats); turn++) {
      const options = {
        seed: Number(values.seed) + turn,
        tasks: TASKS,
        quietMs: QUIET_MS,
        keep: values.keep,
      };
      const trial = await runTrial(fault, servers, options);
      console.log(describeTrial(trial));
      trials.push(trial);
      if (values.write) await writeDocument(FAULTS, await keepResult(resultOf(trial, new Date())));
    }
  }
  const results = trials.map((trial) => resultOf(trial, new Date()));
  console.log(table(faults, results));
  return trials.every(({ violations }) => violations.length === 0);
}

/** Whether every seeded bug was caught. */
async function huntAll(): Promise<boolean> {
  const hunted: Hunted[] = [];
  for (const bug of BUGS.filter(({ name }) => wanted?.includes(name) ?? true)) {
    hunted.push(await hunt(bug, servers, Number(values.seed)));
    console.log(bugTable(hunted.slice(-1)));
  }
  console.log(bugTable(hunted));
  return hunted.every(({ caught }) => caught !== null);
}
