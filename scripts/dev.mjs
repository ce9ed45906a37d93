import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startServices } from '../test/support/start-services.mjs';

// `npm run dev`: the tests' Kafka and PostgreSQL, and the application in role `all`, built anew when a file changes.
console.log('Starting Kafka and PostgreSQL; the first time they are fetched …');
const { services, close } = await startServices();
const { brokers, databaseUrl, missing } = services;
if (missing.kafka || missing.postgres) {
  console.error([missing.kafka, missing.postgres].filter(Boolean).join('\n'));
  await close();
  process.exit(1);
}
console.log(
  `KAFKA_BROKERS=${brokers}\nDATABASE_URL=${databaseUrl}\nCtrl-C ends everything, and the data is gone.`,
);

const nest = ['node_modules/@nestjs/cli/bin/nest.js', 'start', '--watch', '--preserveWatchOutput'];
const app = spawn(process.execPath, nest, {
  // A group of its own, so that the application behind Nest's watcher hears of the end whoever sends it.
  detached: true,
  stdio: 'inherit',
  env: { ROLE: 'all', ...process.env, KAFKA_BROKERS: brokers, DATABASE_URL: databaseUrl },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.kill(-app.pid, 'SIGTERM'));
await once(app, 'exit');
await close();
