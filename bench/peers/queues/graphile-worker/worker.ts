import { run } from 'graphile-worker';
import pg from 'pg';
import { RESULT, settings } from '../queue-settings.js';

const { databaseUrl, schema } = settings;
const END = `
  WITH ended AS (
    UPDATE tasks SET result = $2, finished_at = now() WHERE id = $1 AND finished_at IS NULL RETURNING id
  ) SELECT pg_notify('${schema}_ended', id::text) FROM ended`;

const pgPool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
const runner = await run({
  pgPool,
  schema: `${schema}_jobs`,
  concurrency: 16,
  pollInterval: 500,
  noHandleSignals: true,
  taskList: {
    task: async (payload, { withPgClient }) => {
      const { id } = payload as { id: string };
      await withPgClient((client) => client.query({ name: 'end', text: END, values: [id, RESULT] }));
    },
  },
});
process.stdout.write('ready\n');
process.on('SIGTERM', () => {
  void runner.stop().then(() => process.exit());
});
