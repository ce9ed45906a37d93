import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { TaskList } from '../../src/tasks/task-list.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/postgres.js';

describe('a connection to PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let dataSource: DataSource;

  const connect = async (extra: object = {}): Promise<void> => {
    const options = dataSourceOptions({ url: database.url, poolSize: 1 });
    dataSource = await new DataSource({
      ...options,
      extra: { ...(options.extra as object), ...extra },
    }).initialize();
  };
  const backend = async (): Promise<number> => {
    const [row] = await dataSource.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
    return row?.pid ?? 0;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await dataSource.destroy();
  });

  afterAll(async () => {
    await database.drop();
  });

  it('has the server parse a statement with parameters once', async () => {
    await connect();
    const statement = 'SELECT $1::int + 1 AS next';
    expect(await dataSource.query(statement, [1])).toEqual([{ next: 2 }]);
    expect(await dataSource.query(statement, [41])).toEqual([{ next: 42 }]);
    expect(
      await dataSource.query(
        'SELECT calls FROM (SELECT statement, generic_plans + custom_plans AS calls FROM pg_prepared_statements) AS p WHERE statement = $1',
        [statement],
      ),
    ).toEqual([{ calls: 2 }]);
  });

  it('does not have one parsed for later that a caller put together, as lists are', async () => {
    await connect();
    await migrate(dataSource);
    const nothing = {
      type: null,
      correlationId: null,
      createdAfter: null,
      createdBefore: null,
      before: null,
    };
    const list = new TaskList(dataSource).find({
      ...nothing,
      owner: 'alice',
      statuses: ['failed'],
      limit: 1,
    });
    expect(await list).toEqual([]);
    const prepared = await dataSource.query<{ statement: string }[]>(
      'SELECT statement FROM pg_prepared_statements',
    );
    expect(prepared.filter(({ statement }) => statement.includes('FROM tasks'))).toEqual([]);
  });

  it('goes on with the next statement after one that the server refused', async () => {
    await connect();
    const statement = 'SELECT 1 / $1::int AS share';
    await expect(dataSource.query(statement, [0])).rejects.toThrow('division by zero');
    expect(await dataSource.query(statement, [1])).toEqual([{ share: 1 }]);
  });

  it('keeps plans that begin at keys, though they were made while the table was empty', async () => {
    await connect();
    const query = dataSource.query.bind(dataSource);
    await query('CREATE TABLE queue (id int PRIMARY KEY, holder text)');
    await query('ANALYZE queue');
    await query(
      `PREPARE held AS SELECT q.id FROM queue AS q JOIN json_to_recordset($1::json) AS n(id int) USING (id)`,
    );
    // From the sixth time on a plan is kept.
    for (let times = 0; times < 6; times++) await query(`EXECUTE held('[{"id": 1}]')`);
    await query('INSERT INTO queue SELECT n FROM generate_series(1, 20000) AS n');
    const plan = JSON.stringify(await query(`EXPLAIN EXECUTE held('[{"id": 1}]')`));
    expect(plan).toContain('Index');
    expect(plan).not.toMatch(/Seq Scan|Hash Join|Merge Join/);
    await query('DROP TABLE queue');
  });

  it('is given up, not used again, when a statement is not answered in time', async () => {
    await connect({ query_timeout: 300 });
    const before = await backend();
    await expect(dataSource.query('SELECT pg_sleep(5)')).rejects.toThrow(/timeout|terminated/);
    await eventually(async () => {
      expect(await backend()).not.toBe(before);
    });
  });
});
