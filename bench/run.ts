import { deadLetters } from './dead-letters.js';
import { flood } from './flood.js';
import { claims, embedded } from './over-http.js';
import { results, roundTrip, submissions, throughput } from './scenarios.js';
import { onStage } from './stage.js';

const SCENARIOS = {
  submissions,
  results,
  throughput,
  'round-trip': roundTrip,
  claims,
  embedded,
  'dead-letters': deadLetters,
  flood,
};

// npm run bench -- SCENARIO …; all of them without a name. The application has to be built.
const names = process.argv.slice(2);
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (names.length === 0 || names.includes(name)) await onStage(scenario);
}
