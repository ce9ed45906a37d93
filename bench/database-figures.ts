import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from './scenario.js';
import type { Servers } from './servers.js';

/** A backend that goes idle tells what it counted at the latest after ten seconds, mostly after one. */
const COUNTED_AFTER = 11_000;

/** What has been written in all schemas whose names begin with that of the URL, and in all to the log (WAL). */
export async function written(servers: Servers, databaseUrl: string): Promise<Figures> {
  await sleep(COUNTED_AFTER);
  const schema = /search_path%3D(\w+)/.exec(databaseUrl)?.[1] ?? '';
  const [row] = await servers.query<Figures>(`
    SELECT sum(n_tup_ins)::float8 AS inserts, sum(n_tup_upd)::float8 AS updates,
      sum(n_tup_hot_upd)::float8 AS "of them HOT", sum(n_tup_del)::float8 AS deletes,
      (pg_current_wal_lsn() - '0/0')::float8 AS "WAL bytes"
    FROM pg_stat_user_tables WHERE starts_with(schemaname, '${schema}')`);
  return row ?? {};
}
