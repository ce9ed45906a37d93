import { DataSource } from 'typeorm';
import { dataSourceOptions, embeddedOptions } from '../../src/database/data-source.js';
import { EmbeddedDatabase } from '../../src/database/embedded/embedded-database.js';
import { toSavepoint, transact, withCommit } from '../../src/database/transaction.js';
import { createTestDatabase } from '../support/postgres.js';
import { describeWithServices } from '../support/services.js';
import { createEmbeddedDatabase, isEmbedded } from '../support/test-database.js';

describeWithServices('writes that are left to the end of their transaction', ['postgres'], () => {
  let dataSource: DataSource;
  let drop: () => Promise<void>;

  const onServer = async (): Promise<void> => {
    const database = await createTestDatabase();
    dataSource = await new DataSource(dataSourceOptions({ url: database.url, poolSize: 1 })).initialize();
    drop = () => database.drop();
  };
  const onEmbedded = async (): Promise<void> => {
    const folder = await createEmbeddedDatabase();
    const database = await EmbeddedDatabase.open(folder.folder);
    dataSource = await new DataSource(embeddedOptions(database)).initialize();
    drop = async () => {
      await database.onApplicationShutdown();
      await folder.drop();
    };
  };

  const write = (value: number): string => `INSERT INTO written VALUES (${value})`;
  const written = async (): Promise<number[]> => {
    const rows = await dataSource.query<{ value: number }[]>('SELECT value FROM written ORDER BY value');
    return rows.map(({ value }) => value);
  };

  beforeAll(async () => {
    await (isEmbedded ? onEmbedded() : onServer());
    await dataSource.query('CREATE TABLE written (value int PRIMARY KEY)');
  });

  beforeEach(() => dataSource.query('TRUNCATE written'));

  afterAll(async () => {
    await dataSource.destroy();
    await drop();
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

  it('are not committed if one of them could not be sent', async () => {
    const unsent = new Promise((_, reject) => {
      process.nextTick(reject, new Error('cannot be sent'));
    });
    const failing = transact(dataSource, (manager) => withCommit(manager, [manager.query(write(1)), unsent]));
    await expect(failing).rejects.toThrow('cannot be sent');
    expect(await written()).toEqual([]);
  });

  it('let no savepoint begin behind one that has failed', async () => {
    let begun = false;
    const failing = transact(dataSource, async (manager) => {
      await withCommit(manager, [manager.query('SELECT 1 / 0')]);
      await toSavepoint(manager, () => {
        begun = true;
        return Promise.resolve();
      }).catch(() => undefined);
      await manager.query(write(1));
    });
    await expect(failing).rejects.toThrow('division by zero');
    expect([begun, await written()]).toEqual([false, []]);
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
