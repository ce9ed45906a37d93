import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Child } from '../test/support/child.js';
import { CONTENDERS } from './contenders.js';
import { deadLetters } from './dead-letters.js';
import { floods } from './flood.js';
import { claims, embedded } from './over-http.js';
import { pythonBench } from './python-sdk.js';
import { save, section, type Run } from './report/document.js';
import { CALM, QUICK, type Scenario } from './scenario.js';
import { backlog } from './scenarios/backlog.js';
import { batches } from './scenarios/batches.js';
import { cost } from './scenarios/cost.js';
import { fanOut } from './scenarios/fan-out.js';
import { growth, largeGrowth } from './scenarios/growth.js';
import { pipeline } from './scenarios/pipeline.js';
import { results } from './scenarios/results.js';
import { roundTrip } from './scenarios/round-trip.js';
import { start } from './scenarios/start.js';
import { submissions } from './scenarios/submissions.js';
import { startServers, type Servers } from './servers.js';
import { onStage } from './stage.js';
import { measure } from './turns.js';

/** Those that measure contenders beside each other. */
const COMPARED = {
  submissions,
  pipeline,
  'round-trip': roundTrip,
  cost,
  start,
  batches,
  backlog,
  results,
  growth,
  'growth-large': largeGrowth,
  'fan-out': fanOut,
};

/** Those of Taskwire alone. */
const ALONE = {
  claims,
  embedded,
  'dead-letters': deadLetters,
  ...floods,
  'python-long-tasks': pythonBench('long_tasks.py'),
  'python-takeover': pythonBench('takeover.py'),
  'python-throughput': pythonBench('throughput.py'),
};

// npm run bench -- SCENARIO … [--of CONTENDER,…] [--repeats N] [--quick] [--save]. Taskwire has to be built.
const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    of: { type: 'string' },
    repeats: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    Child.killAll();
    process.exit(1);
  });
}
const scenarios = [...Object.keys(COMPARED), ...Object.keys(ALONE)];
const misspelt = names.filter((name) => !scenarios.includes(name));
if (names.length === 0 || misspelt.length > 0)
  throw new Error(`there is no scenario ${misspelt.join()}; there are ${scenarios.join(', ')}`);
const compared = Object.entries(COMPARED).filter(([name]) => names.includes(name));
const known = compared.flatMap(([, { contenders = CONTENDERS }]) => contenders.map(({ name }) => name));
const unknown = values.of?.split(',').filter((name) => !known.includes(name)) ?? [];
if (unknown.length > 0) throw new Error(`there is no contender ${unknown.join()}`);
if (compared.length > 0) {
  const servers = await startServers();
  try {
    console.log(servers.settings);
    for (const [name, scenario] of compared) await compare(name, scenario, servers);
  } finally {
    await servers.close();
  }
}
for (const [name, scenario] of Object.entries(ALONE)) if (names.includes(name)) await onStage(scenario);

async function compare(name: string, scenario: Scenario, servers: Servers): Promise<void> {
  const { title, plotted } = scenario;
  const wanted = values.of?.split(',');
  const all = scenario.contenders ?? CONTENDERS;
  const contenders = all.filter(({ name }) => wanted?.includes(name) ?? true);
  const repeats = Number(values.repeats);
  const before = loadavg();
  const results = await measure(scenario, contenders, servers, {
    repeats,
    pace: values.quick ? QUICK : CALM,
  });
  const run: Run = {
    scenario: name,
    title,
    plotted,
    at: new Date().toISOString(),
    repeats,
    settings: servers.settings,
    loadAverage: { before, after: loadavg() },
    results,
  };
  console.log(section(run));
  if (values.save) await save(run);
}
