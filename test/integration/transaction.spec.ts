import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { toSavepoint, transact, withCommit } from '../../src/database/transaction.js';
import { createTestDatabase } from '../support/postgres.js';

describe('writes that are left to the end of their transaction', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let dataSource: DataSource;

  const write = (value: number): string => `INSERT INTO written VALUES (${value})`;
  const written = async (): Promise<number[]> => {
    const rows = await dataSource.query<{ value: number }[]>('SELECT value FROM written ORDER BY value');
    return rows.map(({ value }) => value);
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    const options = dataSourceOptions({ url: database.url, poolSize: 1 });
    dataSource = await new DataSource(options).initialize();
    await dataSource.query('CREATE TABLE written (value int PRIMARY KEY)');
  });

  beforeEach(() => dataSource.query('TRUNCATE written'));

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('are durable when the transaction is', async () => {
    await transact(dataSource, (manager) =>
      withCommit(manager, [manager.query(write(1)), manager.query(write(2))]),
    );
    expect(await written()).toEqual([1, 2]);
  });

  it('are not waited for before COMMIT is sent', async () => {
    let isWritten = false;
    let wasWritten = true;
    await transact(dataSource, async (manager) => {
      const slow = manager.query('SELECT pg_sleep(0.2)').then(() => {
        isWritten = true;
      });
      await withCommit(manager, [slow]);
      wasWritten = isWritten;
    });
    expect([wasWritten, isWritten]).toEqual([false, true]);
  });

  it('fail their transaction with what the server said of the first that failed', async () => {
    const failing = transact(dataSource, (manager) =>
      withCommit(manager, [manager.query(write(1)), manager.query('SELECT 1 / 0'), manager.query(write(2))]),
    );
    await expect(failing).rejects.toThrow('division by zero');
    expect(await written()).toEqual([]);
  });

  it('fail it also where a later statement was refused because of them', async () => {
    const failing = transact(dataSource, async (manager) => {
      await withCommit(manager, [manager.query('SELECT 1 / 0')]);
      await manager.query(write(1));
    });
    await expect(failing).rejects.toThrow('division by zero');
  });

  it('are not committed if one of them failed before it was sent', async () => {
    const unsent = async (): Promise<void> => {
      await Promise.resolve();
      throw new Error('cannot be written');
    };
    const failing = transact(dataSource, (manager) =>
      withCommit(manager, [manager.query(write(1)), unsent()]),
    );
    await expect(failing).rejects.toThrow('cannot be written');
    expect(await written()).toEqual([]);
  });

  it('are waited for within a savepoint, which takes back what has failed and no more', async () => {
    await transact(dataSource, async (manager) => {
      await withCommit(manager, [manager.query(write(1))]);
      const failing = toSavepoint(manager, (savepoint) =>
        withCommit(savepoint, [savepoint.query(write(2)), savepoint.query('SELECT 1 / 0')]),
      );
      await expect(failing).rejects.toThrow('division by zero');
      await withCommit(manager, [manager.query(write(3))]);
    });
    expect(await written()).toEqual([1, 3]);
  });

  it('are run again with their transaction when it lost against another', async () => {
    let runs = 0;
    const lost = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$";
    await transact(dataSource, (manager) =>
      withCommit(manager, [manager.query(write(1)), manager.query(++runs === 1 ? lost : write(2))]),
    );
    expect([runs, await written()]).toEqual([2, [1, 2]]);
  });
});
