import pg from 'pg';
import PgBoss from 'pg-boss';
import { createFront } from '../../front.js';
import { gather } from '../../gather.js';
import { settings } from '../queue-settings.js';

// pg-boss 10, the last for Node 20: a task is a row of its queue, and its result the row's output. It polls; so that nobody waits
// for half a second, a NOTIFY wakes the worker, and another one tells which tasks have ended.
const { databaseUrl, schema, port } = settings;
const boss = new PgBoss({ connectionString: databaseUrl, schema });
boss.on('error', console.error);
await boss.start();
await boss.createQueue('tasks');
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });

const wake = gather(async () => {
  await pool.query(`NOTIFY ${schema}_added`);
});
const { app, push } = createFront(async (payload) => {
  const id = (await boss.send('tasks', payload)) ?? '';
  void wake.add([id]);
  return id;
});

const listener = new pg.Client({ connectionString: databaseUrl });
await listener.connect();
await listener.query(`LISTEN ${schema}_ended`);
const ended = gather<string>(async (ids) => {
  const sql = `SELECT id, output::text FROM ${schema}.job WHERE name = 'tasks' AND id = ANY ($1)`;
  const { rows } = await pool.query<{ id: string; output: string }>(sql, [ids]);
  for (const { id, output } of rows) push(id, output);
});
listener.on('notification', ({ payload = '' }) => {
  void ended.add(payload.split(','));
});

app.get('/audit', async () => {
  const sql = `SELECT count(*)::integer AS accepted, count(*) FILTER (WHERE state = 'completed')::integer AS ended
    FROM ${schema}.job WHERE name = 'tasks'`;
  return (await pool.query<{ accepted: number; ended: number }>(sql)).rows[0];
});
await app.listen({ port, host: '127.0.0.1' });
process.stdout.write('ready\n');
