import type { Audit, Contender } from '../contender.js';
import type { Servers } from '../servers.js';
import { taskwire } from './taskwire.js';

/** One in so many of the tasks that are there before has failed, the others have succeeded. */
const FAILED = 1_000;

/** The tasks that are there before have ids that sort as if one had been made in each millisecond since yesterday. */
const ID = `(lpad(to_hex((extract(epoch FROM now() - interval '1 day') * 1000)::bigint + n), 12, '0')
  || '70008' || lpad(to_hex(n), 15, '0'))::uuid`;

/** Taskwire with a past: so many tasks that have ended are in its tables. */
export function grown(size: number): Contender {
  const { about, start } = taskwire('taskwire', ['all']);
  return {
    name: `${size} tasks`,
    about: `${about}; so many tasks have ended before`,
    start: async (servers) => {
      const running = await start(servers);
      const { databaseUrl } = running;
      await fill(servers, databaseUrl, size);
      const [{ last } = { last: '' }] = await servers.query<{ last: string }>(
        'SELECT id AS last FROM tasks ORDER BY id DESC LIMIT 1',
        databaseUrl,
      );
      const audit = `
        SELECT (SELECT count(*) FROM tasks WHERE id > '${last}')::integer AS accepted,
          (SELECT count(*) FROM task_events WHERE task_id > '${last}' AND type = 'succeeded')::integer AS ended`;
      return {
        ...running,
        audit: async () => {
          const [counts] = await servers.query<Audit>(audit, databaseUrl);
          return counts ?? { accepted: 0, ended: 0 };
        },
      };
    },
  };
}

async function fill({ query }: Servers, databaseUrl: string, size: number): Promise<void> {
  await query(
    `CREATE UNLOGGED TABLE past AS
      SELECT ${ID} AS id, CASE WHEN n % ${FAILED} = 0 THEN 'failed' ELSE 'succeeded' END AS status,
        now() - interval '1 day' + n * interval '1 millisecond' AS at
      FROM generate_series(1, ${size}) AS n`,
    databaseUrl,
  );
  await query(
    `INSERT INTO tasks (id, type, status, attempt, max_attempts, attempts_used, owner, payload, result, error, progress,
        message, seq, created_at, updated_at, attempt_at, expires_at, expires_in_seconds, finished_at)
      SELECT id, 'default', status, 1, 3, 0, 'local',
        json_build_object('fileUrl', '/data/a.shp', 'note', repeat('x', 400)),
        CASE status WHEN 'succeeded' THEN '{"vector":[0.1,0.2,0.3]}'::json END,
        CASE status WHEN 'failed' THEN '{"type":"Error","message":"no"}'::json END,
        100, 'Task Received', 2, at, at, at, at + interval '7 days', 604800, at
      FROM past`,
    databaseUrl,
  );
  await query(
    `INSERT INTO task_events (task_id, seq, type, status, attempt, at)
      SELECT id, seq, CASE seq WHEN 1 THEN 'submitted' ELSE status END,
        CASE seq WHEN 1 THEN 'queued' ELSE status END, 1, at
      FROM past, generate_series(1, 2) AS seq`,
    databaseUrl,
  );
  await query('DROP TABLE past', databaseUrl);
  await query('VACUUM ANALYZE tasks, task_events', databaseUrl);
}
