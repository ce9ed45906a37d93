import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { MigrationExecutor, QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import { ConfigError } from '../config/config.js';

const RETRY_MS = 250;

/** How often whoever waits says so, in tries. */
const TRIES_A_LINE = 20;

const NOT_OURS =
  'DATABASE_URL: the database has to be migrated, and this role may not do that; let its owner run node dist/database/migrate-only.js';

const NO_SCHEMA =
  'DATABASE_URL: there is no schema that this role may use; make the one that search_path names, or grant USAGE on it';

/** `insufficient_privilege`. */
const FORBIDDEN = '42501';

const TRY_LOCK = `
  SELECT pg_try_advisory_lock(hashtextextended('taskwire migrations ' || current_schema(), 0)) AS "isMine"`;

/**
 * Brings the schema up to date, one process at a time: an advisory lock per schema lets four pods start at once. Others
 * wait for as long as it takes, and say so. Lock and migrations share one connection: an embedded database has no other.
 * Where there is nothing to do, this needs no right but to read the table of migrations.
 *
 * @throws ConfigError if there is something to do, and this role may not, or no schema
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const lock = dataSource.createQueryRunner();
  try {
    await waitFor(lock);
    const migrations = new MigrationExecutor(dataSource, lock);
    migrations.transaction = 'each';
    await migrations.executePendingMigrations();
  } catch (error) {
    throw isForbidden(error) ? new ConfigError(NOT_OURS) : error;
  } finally {
    await lock.query(`SELECT pg_advisory_unlock_all()`).catch(() => undefined);
    await lock.release();
  }
}

async function waitFor(lock: QueryRunner): Promise<void> {
  const logger = new Logger('Migrations');
  for (let tries = 1; ; tries++) {
    const [answer] = (await lock.query(TRY_LOCK)) as { isMine: boolean | null }[];
    if (answer?.isMine === null) throw new ConfigError(NO_SCHEMA);
    if (answer?.isMine === true) return;
    if (tries % TRIES_A_LINE === 0) logger.warn('Waiting for another process that migrates the database');
    await pause(RETRY_MS);
  }
}

function isForbidden(error: unknown): boolean {
  return (
    error instanceof QueryFailedError && (error.driverError as Error & { code?: string }).code === FORBIDDEN
  );
}
