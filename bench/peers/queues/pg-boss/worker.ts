import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import PgBoss from 'pg-boss';
import { RESULT, settings } from '../queue-settings.js';

const { databaseUrl, schema } = settings;
const boss = new PgBoss({ connectionString: databaseUrl, schema, supervise: false, schedule: false });
boss.on('error', console.error);
await boss.start();
const client = new pg.Client({ connectionString: databaseUrl });
await client.connect();
await client.query(`LISTEN ${schema}_added`);
process.stdout.write('ready\n');
process.on('SIGTERM', () => process.exit());

for (;;) {
  const added = once(client, 'notification');
  const jobs = await boss.fetch('tasks', { batchSize: 100 });
  const ids = jobs.map(({ id }) => id);
  await Promise.all(ids.map((id) => boss.complete('tasks', id, RESULT)));
  if (ids.length > 0) await client.query('SELECT pg_notify($1, $2)', [`${schema}_ended`, ids.join(',')]);
  // Where a notification is lost, it looks by itself.
  else await Promise.race([added, sleep(500)]);
}
