import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { dataSourceOptions, embeddedOptions } from '../../src/database/data-source.js';
import { EmbeddedDatabase } from '../../src/database/embedded/embedded-database.js';
import { faultOf } from '../../src/database/fault.js';
import { migrate } from '../../src/database/migrate.js';
import { describeWithServices } from '../support/services.js';
import { createEmbeddedDatabase, type TestDatabase } from '../support/test-database.js';

let files: TestDatabase;
let database: EmbeddedDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  const embedded = await createEmbeddedDatabase();
  files = embedded;
  database = await EmbeddedDatabase.open(embedded.folder);
});

beforeEach(() => connect());

afterEach(() => dataSource.destroy());

afterAll(async () => {
  await database.onApplicationShutdown();
  await files.drop();
});

async function connect(options: Partial<DataSourceOptions> = {}): Promise<void> {
  dataSource = new DataSource({ ...embeddedOptions(database), ...options } as DataSourceOptions);
  await dataSource.initialize();
}

describeWithServices('a value', ['postgres'], ({ databaseUrl }) => {
  it.each([
    ['json', '{"n": 9007199254740993, "t": "\\u0000"}'],
    ['jsonb', '{"n":1.0}'],
    ['int8', 9_007_199_254_740_991],
    ['int4', -7],
    ['float8', 0.1],
    ['numeric', '1.10'],
    ['boolean', true],
    ['text', 'ä\n"\\'],
    ['uuid', '01a209ca-37d5-76a5-870a-811c262255d3'],
    ['timestamptz', new Date('2026-11-23T19:02:57.353Z')],
    ['timestamptz', '2026-11-23T19:02:57.353678+02'],
    ['timestamptz', 'infinity'],
    ['bytea', Buffer.from([0, 1, 255])],
    ['text[]', ['a,b', null, '"', '']],
    ['int8[]', [1, 2]],
    ['uuid[]', ['01a209ca-37d5-76a5-870a-811c262255d3']],
    ['timestamptz[]', [new Date(0), null]],
    ['bytea[]', [Buffer.from('x'), null]],
    ['text', null],
  ])('of type %s goes in and comes out as with a server: %p', async (type, value) => {
    const server = await new DataSource(dataSourceOptions({ url: databaseUrl, poolSize: 1 })).initialize();
    try {
      const statement = `SELECT $1::${type} AS value`;
      const expected: unknown = await server.query(statement, [value]);
      expect(await dataSource.query(statement, [value])).toStrictEqual(expected);
    } finally {
      await server.destroy();
    }
  });
});

describe('the embedded database', () => {
  it('takes all migrations, twice', async () => {
    await migrate(dataSource);
    await migrate(dataSource);
    expect(await dataSource.query('SELECT count(*) AS n FROM tasks')).toEqual([{ n: 0 }]);
  });

  it.each([
    ['SELECT \'{"x": "\\u0000"}\'::jsonb', '22P05', 'record'],
    ['SELECT 1 / 0', '22012', 'record'],
    ['SELECT * FROM nowhere', '42P01', 'infrastructure'],
  ])('says by SQLSTATE what is wrong with %s', async (statement, code, fault) => {
    const error: unknown = await dataSource.query(statement).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(faultOf(error)).toBe(fault);
  });

  it('keeps two transactions apart: what one takes back is not in the other', async () => {
    await dataSource.query('CREATE TABLE apart (who text)');
    const insert = (who: string) =>
      dataSource.transaction(async (manager) => {
        await manager.query('INSERT INTO apart VALUES ($1)', [who]);
        await new Promise((resolve) => setImmediate(resolve));
        if (who === 'bad') throw new Error('taken back');
      });
    await Promise.allSettled(['good', 'bad', 'good', 'bad', 'good'].map(insert));
    expect(await dataSource.query('SELECT who FROM apart')).toEqual(Array(3).fill({ who: 'good' }));
  });

  it('gives a row to one of those who claim it at the same time', async () => {
    await dataSource.query('CREATE TABLE claimed AS SELECT generate_series(1, 50) AS n, false AS taken');
    const claim = () =>
      dataSource.transaction(async (manager): Promise<{ n: number }[]> => {
        const rows: { n: number }[] = await manager.query(
          'SELECT n FROM claimed WHERE NOT taken LIMIT 5 FOR UPDATE SKIP LOCKED',
        );
        await new Promise((resolve) => setImmediate(resolve));
        await manager.query('UPDATE claimed SET taken = true WHERE n = ANY($1::int[])', [
          rows.map(({ n }) => n),
        ]);
        return rows;
      });
    const taken = (await Promise.all(Array.from({ length: 12 }, claim))).flat().map(({ n }) => n);
    expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it('takes statements that a transaction issues at once in their order', async () => {
    const order = await dataSource.transaction(async (manager) => {
      await manager.query('CREATE TEMP TABLE at_once (n serial, value int)');
      await Promise.all(
        [3, 1, 2].map((value) => manager.query('INSERT INTO at_once (value) VALUES ($1)', [value])),
      );
      return manager.query<{ value: number }[]>('SELECT value FROM at_once ORDER BY n');
    });
    expect(order.map(({ value }) => value)).toEqual([3, 1, 2]);
  });

  it('refuses, and does not wait for ever with, a statement beside the transaction that it is part of', async () => {
    await dataSource.destroy();
    await connect({ connectTimeoutMS: 200 });
    const mistake = dataSource.transaction(() => dataSource.query<unknown>('SELECT 1'));
    await expect(mistake).rejects.toThrow('the one session of the embedded database was held by another');
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('takes back a transaction in which nothing happens for too long', async () => {
    await dataSource.query('CREATE TABLE forgotten (n int)');
    await dataSource.destroy();
    const { extra } = embeddedOptions(database) as { extra: object };
    await connect({ extra: { ...extra, stream: () => database.connection(200) } });
    const forgotten = dataSource.createQueryRunner();
    await forgotten.startTransaction();
    await forgotten.query('INSERT INTO forgotten VALUES (1)');
    expect(await dataSource.query('SELECT * FROM forgotten')).toEqual([]);
    await expect(forgotten.query('SELECT 1')).rejects.toThrow();
  });

  it('starts every connection afresh, whatever the one before left behind', async () => {
    await dataSource.query("SET TIME ZONE 'Asia/Tokyo'");
    await dataSource.query('SELECT $1::int', [1]);
    await dataSource.destroy();
    await connect();
    expect(await dataSource.query('SELECT $1::int AS n', [1])).toEqual([{ n: 1 }]);
    expect(await dataSource.query("SELECT current_setting('TimeZone') AS zone")).toEqual([{ zone: 'UTC' }]);
  });

  it('survives JSON that nests as deep as a request can bring it', async () => {
    const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
    expect(await dataSource.query('SELECT length($1::json::text) AS n', [deep])).toEqual([{ n: 1_000_000 }]);
  });

  it('leaves the event loop to others while it works', async () => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const since = performance.now();
    await dataSource.query('SELECT sum(n) FROM generate_series(1, 3000000) AS n');
    const took = performance.now() - since;
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(took / 2);
  });
});
