import { DataSource } from 'typeorm';
import { dataSourceOptions, MIGRATIONS } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { createTestDatabase } from '../support/postgres.js';
import { describeWithServices } from '../support/services.js';

const LEFT = `
  SELECT relname FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'S')
    AND relname NOT LIKE 'taskwire_migrations%'`;

describeWithServices('migrations', ['postgres'], () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let dataSources: DataSource[];

  /** As many processes as there are data sources, each with a pool of its own. */
  const connect = (count: number): Promise<DataSource[]> =>
    Promise.all(
      Array.from({ length: count }, () =>
        new DataSource(dataSourceOptions({ url: database.url, poolSize: 2 })).initialize(),
      ),
    );

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await Promise.all(dataSources.map((dataSource) => dataSource.destroy()));
    await database.drop();
  });

  it('let four processes start at once on an empty schema, and run once', async () => {
    const [first] = (dataSources = await connect(4));
    await Promise.all(dataSources.map(migrate));
    const rows: unknown = await first?.query('SELECT name FROM taskwire_migrations');
    expect(rows).toEqual(MIGRATIONS.map(({ name }) => ({ name })));
  });

  it('refuse to begin where the schema that is named does not exist', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=nowhere');
    const lost = new DataSource(dataSourceOptions({ url: url.href, poolSize: 2 }));
    dataSources = [await lost.initialize()];
    await expect(migrate(lost)).rejects.toThrow(/^DATABASE_URL: there is no schema/);
  });

  it('make exactly the tables that the entities describe', async () => {
    const [dataSource] = (dataSources = await connect(1)) as [DataSource];
    await migrate(dataSource);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('leave nothing behind when they are taken back', async () => {
    const [dataSource] = (dataSources = await connect(1)) as [DataSource];
    await migrate(dataSource);
    for (let undone = 0; undone < MIGRATIONS.length; undone++) await dataSource.undoLastMigration();
    const left: unknown = await dataSource.query(LEFT);
    expect(left).toEqual([]);
  });
});
