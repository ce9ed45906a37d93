import { Queue, QueueEvents } from 'bullmq';
import pg from 'pg';
import { createFront } from '../../front.js';
import { settings } from '../queue-settings.js';

// BullMQ: a task is a job in Redis, as durable as `appendfsync` says; the worker stores the result in PostgreSQL, and then
// completes the job. What has completed is kept for a while, as its documentation advises.
const connection = { host: '127.0.0.1', port: settings.redisPort };
const pool = new pg.Pool({ connectionString: settings.databaseUrl });
await pool.query(
  'CREATE TABLE tasks (id text PRIMARY KEY, result json NOT NULL, finished_at timestamptz DEFAULT now())',
);

const queue = new Queue('tasks', { connection, defaultJobOptions: { removeOnComplete: { count: 1_000 } } });
const { app, push } = createFront(async (payload) => (await queue.add('task', payload)).id ?? '');

const events = new QueueEvents('tasks', { connection });
await events.waitUntilReady();
events.on('completed', ({ jobId, returnvalue }) => {
  push(jobId, JSON.stringify(returnvalue));
});

app.get('/audit', async () => {
  const [row] = (await pool.query<{ ended: number }>('SELECT count(*)::integer AS ended FROM tasks')).rows;
  const ended = row?.ended ?? 0;
  const open = await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'failed', 'prioritized');
  return { accepted: ended + open, ended };
});
await app.listen({ port: settings.port, host: '127.0.0.1' });
process.stdout.write('ready\n');
