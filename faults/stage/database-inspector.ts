import type { Installation } from '../../test/e2e/installation.js';
import { dumpDatabase, type Dump } from '../history/dump.js';
import type { Inspector } from './scene.js';

const OPEN = 'SELECT type, state FROM dispatches WHERE $1::uuid[] IS NULL OR task_id = ANY($1)';

const SIZE = `
  SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::float AS size
  FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`;

/** Asks the database itself. */
export class DatabaseInspector implements Inspector {
  constructor(private readonly installation: Installation) {}

  open(ids?: readonly string[]): Promise<{ type: string; state: string }[]> {
    return this.installation.query<{ type: string; state: string }>(OPEN, [ids ?? null]);
  }

  dump(): Promise<Dump> {
    return dumpDatabase((sql) => this.installation.query(sql));
  }

  async tableBytes(): Promise<number> {
    const [row] = await this.installation.query<{ size: number }>(SIZE);
    return row?.size ?? 0;
  }
}
