import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { CONTENDERS } from './contenders.js';
import { deadLetters } from './dead-letters.js';
import { flood } from './flood.js';
import { claims, embedded } from './over-http.js';
import { toText } from './report.js';
import { CALM, QUICK } from './scenario.js';
import { pipeline } from './scenarios/pipeline.js';
import { roundTrip } from './scenarios/round-trip.js';
import { submissions } from './scenarios/submissions.js';
import { startServers } from './servers.js';
import { onStage } from './stage.js';
import { measure } from './turns.js';
import { results } from './scenarios.js';

/** Those that measure contenders beside each other. */
const COMPARED = { submissions, pipeline, 'round-trip': roundTrip };

/** Those of Taskwire alone. */
const ALONE = { results, claims, embedded, 'dead-letters': deadLetters, flood };

// npm run bench -- SCENARIO … [--of CONTENDER,…] [--repeats N] [--quick]. Taskwire has to be built.
const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { of: { type: 'string' }, repeats: { type: 'string', default: '5' }, quick: { type: 'boolean' } },
});
const wanted = values.of?.split(',');
const contenders = CONTENDERS.filter(({ name }) => wanted?.includes(name) ?? true);
const compared = Object.entries(COMPARED).filter(([name]) => names.includes(name));
if (compared.length > 0) {
  const servers = await startServers();
  try {
    console.log(servers.settings);
    for (const [, scenario] of compared) {
      const pace = values.quick ? QUICK : CALM;
      const results = await measure(scenario, contenders, servers, { repeats: Number(values.repeats), pace });
      console.log(
        toText(scenario, results),
        `load average ${loadavg()
          .map((load) => load.toFixed(1))
          .join(' ')}\n`,
      );
    }
  } finally {
    await servers.close();
  }
}
for (const [name, scenario] of Object.entries(ALONE)) if (names.includes(name)) await onStage(scenario);
