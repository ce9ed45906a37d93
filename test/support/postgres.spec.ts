import pg from 'pg';
import { createTestDatabase, startPostgres } from './postgres.js';
import { describeWithServices } from './services.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

describeWithServices('a test database', ['postgres'], () => {
  it('is apart from every other and gone when it is dropped', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await query(one.url, 'CREATE TABLE things (id int)');
    await query(other.url, 'CREATE TABLE things (id int)');
    await query(one.url, 'INSERT INTO things VALUES (1)');
    expect(await query(other.url, 'SELECT * FROM things')).toEqual([]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(query(one.url, 'SELECT * FROM things')).rejects.toThrow(/does not exist/);
  });
});

describeWithServices('a PostgreSQL of its own', ['ownPostgres'], () => {
  it('keeps its address and its data over stop and kill', async () => {
    const server = await startPostgres();
    try {
      await query(server.url, 'CREATE TABLE things (id int)');
      await server.stop();
      await expect(query(server.url, 'SELECT 1')).rejects.toThrow();
      await server.start();
      await query(server.url, 'INSERT INTO things VALUES (1)');
      await server.kill();
      await server.start();
      expect(await query(server.url, 'SELECT * FROM things')).toEqual([{ id: 1 }]);
    } finally {
      await server.close();
    }
  });
});
