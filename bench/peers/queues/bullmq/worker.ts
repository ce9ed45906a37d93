import { Worker } from 'bullmq';
import pg from 'pg';
import { RESULT, settings } from '../queue-settings.js';

const INSERT = 'INSERT INTO tasks (id, result) VALUES ($1, $2) ON CONFLICT DO NOTHING';

const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 20 });
const worker = new Worker(
  'tasks',
  async ({ id }) => {
    await pool.query({ name: 'insert', text: INSERT, values: [id, JSON.stringify(RESULT)] });
    return RESULT;
  },
  { connection: { host: '127.0.0.1', port: settings.redisPort }, concurrency: 100 },
);
await worker.waitUntilReady();
process.stdout.write('ready\n');
process.on('SIGTERM', () => {
  void worker.close().then(() => process.exit());
});
