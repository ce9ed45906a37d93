import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { createFront } from '../../front.js';
import { gather } from '../../gather.js';
import { settings } from '../queue-settings.js';

// graphile-worker: it keeps no results, so a task is a row of ours; it and its job are one statement. The worker stores the
// result in the row and tells by NOTIFY which tasks have ended.
const { databaseUrl, schema, port } = settings;
const jobs = `${schema}_jobs`;
await runMigrations({ connectionString: databaseUrl, schema: jobs });
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
await pool.query(`
  CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), payload json NOT NULL, result json,
    created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz
  )`);

const SUBMIT = `
  WITH task AS (INSERT INTO tasks (payload) VALUES ($1) RETURNING id)
  SELECT id, ${jobs}.add_job('task', json_build_object('id', id)) FROM task`;

const { app, push } = createFront(async (payload) => {
  const { rows } = await pool.query<{ id: string }>({ name: 'submit', text: SUBMIT, values: [payload] });
  return rows[0]?.id ?? '';
});

const listener = new pg.Client({ connectionString: databaseUrl });
await listener.connect();
await listener.query(`LISTEN ${schema}_ended`);
const ended = gather<string>(async (ids) => {
  const sql = 'SELECT id, result::text FROM tasks WHERE id = ANY ($1)';
  for (const { id, result } of (await pool.query<{ id: string; result: string }>(sql, [ids])).rows)
    push(id, result);
});
listener.on('notification', ({ payload = '' }) => {
  void ended.add([payload]);
});

app.get('/audit', async () => {
  const sql = 'SELECT count(*)::integer AS accepted, count(finished_at)::integer AS ended FROM tasks';
  return (await pool.query<{ accepted: number; ended: number }>(sql)).rows[0];
});
await app.listen({ port, host: '127.0.0.1' });
process.stdout.write('ready\n');
