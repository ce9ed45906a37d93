import pg from 'pg';
import { v7 as uuid } from 'uuid';
import { gather } from '../gather.js';

export interface Task {
  id: string;
  /** JSON. */
  payload: string;
}

const SCHEMA = `
  CREATE TABLE tasks (
    id uuid PRIMARY KEY, payload json NOT NULL, status text NOT NULL DEFAULT 'queued', result json,
    created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz
  ) WITH (fillfactor = 80)`;

const INSERT = 'INSERT INTO tasks (id, payload) SELECT * FROM unnest($1::uuid[], $2::json[])';

const END = `
  UPDATE tasks SET status = 'succeeded', result = r.result, finished_at = now()
  FROM unnest($1::uuid[], $2::json[]) AS r(id, result)
  WHERE tasks.id = r.id AND status = 'queued'
  RETURNING tasks.id`;

/** The table of tasks. Concurrent callers share statements and commits. */
export class Store {
  private readonly inserts = gather<Task>(async (tasks) => {
    await this.pool.query({ name: 'insert', text: INSERT, values: columns(tasks, 'payload') });
  });

  private constructor(private readonly pool: pg.Pool) {}

  static async open(connectionString: string): Promise<Store> {
    const pool = new pg.Pool({ connectionString, max: 4 });
    await pool.query(SCHEMA);
    return new Store(pool);
  }

  /** Resolves when the task is durable. */
  async accept(payload: object): Promise<Task> {
    const task = { id: uuid(), payload: JSON.stringify(payload) };
    await this.inserts.add([task]);
    return task;
  }

  /** Stores results; resolves with the tasks that they have ended: each ends once. */
  async end(results: readonly { id: string; result: string }[]): Promise<string[]> {
    const query = { name: 'end', text: END, values: columns(results, 'result') };
    return (await this.pool.query<{ id: string }>(query)).rows.map(({ id }) => id);
  }
}

function columns<K extends string>(
  rows: readonly ({ id: string } & Record<K, string>)[],
  name: K,
): string[][] {
  return [rows.map(({ id }) => id), rows.map((row) => row[name])];
}
