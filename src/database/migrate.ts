import type { DataSource } from 'typeorm';

/**
 * Brings the schema up to date, one process at a time: an advisory lock per schema lets four pods start at once. A
 * migration may take longer than any query of the service, so the lock's session waits without a limit.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SET statement_timeout = 0');
    await lock.query('SET lock_timeout = 0');
    await lock.query(
      `SELECT pg_advisory_lock(hashtextextended('taskwire migrations ' || current_schema(), 0))`,
    );
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await lock.query(`SELECT pg_advisory_unlock_all()`).catch(() => undefined);
    await lock.query('RESET ALL').catch(() => undefined);
    await lock.release();
  }
}
