import { parseArgs } from 'node:util';
import { Child } from '../test/support/child.js';
import { huntAll } from './bugs/hunt-all.js';
import { FAULTS } from './catalogue/catalogue.js';
import { describeTrial } from './results/describe-trial.js';
import { writeDocument } from './results/document.js';
import { keepResult, readResults } from './results/results-file.js';
import { resultOf, type Result } from './results/result.js';
import { table } from './results/table.js';
import { startServers } from './stage/servers.js';
import { Stock } from './stage/stock.js';
import { runTrials, type Trial } from './trial.js';

const TASKS = 60;
const QUIET_MS = 120_000;

/** Trials of one fault on one stage, at the most: what they leave behind there is audited each time. */
const STAGE_TRIALS = 11;

// npm run faults -- [--fault NAME,…] [--seed N] [--repeats N] [--write] [--keep]
// npm run faults -- --bugs [--fault BUG,…] [--seed N] [--repeats SEEDS] [--write]. Taskwire has to be built.
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
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    Child.killAll();
    process.exit(1);
  });
}
const wanted = values.fault?.split(',');
try {
  process.exitCode = (await (values.bugs ? huntBugs() : breakAll())) ? 0 : 1;
} finally {
  // A run that breaks off half way leaves its servers.
  Child.killAll();
}

/** Whether no promise was broken. */
async function breakAll(): Promise<boolean> {
  const faults = FAULTS.filter(({ name }) => wanted?.includes(name) ?? true);
  const unknown = wanted?.filter((name) => !faults.some((fault) => fault.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`There is no fault ${unknown.join()}`);
  const results: Result[] = [];
  const stock = new Stock();
  for (const fault of faults) {
    let seeds = Array.from({ length: Number(values.repeats) }, (_, turn) => Number(values.seed) + turn);
    while (seeds.length > 0) {
      const servers = await stock.take(fault.cluster ?? 'one-node');
      const options = {
        seeds: seeds.slice(0, STAGE_TRIALS),
        tasks: TASKS,
        quietMs: QUIET_MS,
        keep: values.keep,
      };
      let isBroken = false;
      for await (const trial of runTrials(fault, servers, options)) {
        seeds = seeds.filter((seed) => seed !== trial.seed);
        results.push(await keep(trial));
        isBroken = trial.violations.length > 0;
      }
      // Who knows in which state it has left them.
      if (isBroken) await stock.discard();
    }
  }
  await stock.discard();
  console.log(table(faults, results));
  return results.every(({ lost, twice, missed, other }) => lost + twice + missed + other === 0);
}

async function keep(trial: Trial): Promise<Result> {
  console.log(describeTrial(trial));
  const result = resultOf(trial, new Date());
  if (values.write) {
    await keepResult(result);
    await writeDocument(FAULTS, await readResults());
  }
  return result;
}

/** Whether every seeded bug was caught, and nothing without one. */
async function huntBugs(): Promise<boolean> {
  const servers = await startServers('one-node');
  try {
    const { write, seed, repeats } = values;
    return await huntAll(servers, { wanted, write, seed: Number(seed), seeds: Number(repeats) });
  } finally {
    await servers.close();
  }
}
