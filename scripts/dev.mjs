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
  stdio: 'inherit',
  env: { ROLE: 'all', ...process.env, KAFKA_BROKERS: brokers, DATABASE_URL: databaseUrl },
});
// The terminal sends Ctrl-C to the application, too; the services are closed when it has drained.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => app.kill());
await once(app, 'exit');
await close();
