import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { AuditEntry } from '../audit/audit-entry.entity.js';
import { SigningKey } from '../auth/signing-key.entity.js';
import { ConsumerPosition } from '../consuming/consumer-position.entity.js';
import { Dispatch } from '../dispatch/dispatch.entity.js';
import { RelayLease } from '../dispatch/relay-lease.entity.js';
import { DeadLetterAction } from '../dlq/dead-letter-action.entity.js';
import { DeadLetter } from '../dlq/dead-letter.entity.js';
import { Redrive } from '../dlq/redrive/redrive.entity.js';
import { TaskEvent } from '../events/task-event.entity.js';
import { IdempotencyKey } from '../tasks/idempotency-key.entity.js';
import { Task } from '../tasks/task.entity.js';
import type { EmbeddedDatabase } from './embedded/embedded-database.js';
import { OneSessionPool } from './embedded/one-session-pool.js';
import { EnduringClient } from './enduring-client.js';
import { Initial1763900000000 } from './migrations/1763900000000-initial.js';
import { SigningKeys1764000000000 } from './migrations/1764000000000-signing-keys.js';
import { Claims1764100000000 } from './migrations/1764100000000-claims.js';
import { Audit1764200000000 } from './migrations/1764200000000-audit.js';
import { Redrives1764300000000 } from './migrations/1764300000000-redrives.js';
import { DecidedLetters1764400000000 } from './migrations/1764400000000-decided-letters.js';
import { withPlanner } from './planner.js';

/** What of the configuration the database needs. */
export interface DatabaseOptions {
  /** `postgresql://…`; may carry `?options=-c%20search_path%3D…` to live in a schema of its own. */
  url: string;
  /** The most connections of this process, the event bus's own not counted. */
  poolSize: number;
}

export const ENTITIES = [
  Task,
  TaskEvent,
  Dispatch,
  RelayLease,
  ConsumerPosition,
  DeadLetter,
  DeadLetterAction,
  Redrive,
  IdempotencyKey,
  SigningKey,
  AuditEntry,
];
export const MIGRATIONS = [
  Initial1763900000000,
  SigningKeys1764000000000,
  Claims1764100000000,
  Audit1764200000000,
  Redrives1764300000000,
  DecidedLetters1764400000000,
];

/**
 * Time limits that PostgreSQL keeps for us, in milliseconds, so that a frozen process holds no lock for long and a lost
 * one never holds a request.
 */
export const SESSION_LIMITS = {
  statement_timeout: 30_000,
  lock_timeout: 15_000,
  // Shorter than the wait for a lock: who waits for a frozen process gets it.
  idle_in_transaction_session_timeout: 10_000,
} as const;

/**
 * How we reach the server. Statements that need nothing of each other share a round trip. One that is not answered in
 * time, longer than the server's own limit, closes its connection: a host that vanished resets none.
 */
const CONNECTION = {
  Client: EnduringClient,
  pipeline: true,
  query_timeout: SESSION_LIMITS.statement_timeout + 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
};

/**
 * `json` stays the text that it is, because numbers must survive digit for digit; `bigint` becomes a number, because
 * ours (offsets, ordering numbers, counts) stay below 2^53.
 */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.JSON, (text) => text);
types.setTypeParser(pg.types.builtins.INT8, Number);

const COMMON = {
  type: 'postgres',
  entities: ENTITIES,
  migrations: MIGRATIONS,
  migrationsTableName: 'taskwire_migrations',
  synchronize: false,
  installExtensions: false,
} as const;

/** How this process reaches PostgreSQL through TypeORM. */
export function dataSourceOptions({ url, poolSize }: DatabaseOptions): DataSourceOptions {
  return {
    ...COMMON,
    url: withPlanner(url),
    poolSize,
    connectTimeoutMS: 5_000,
    applicationName: 'taskwire',
    extra: { ...SESSION_LIMITS, ...CONNECTION, types },
  };
}

/** The same for the embedded PostgreSQL: pg speaks its protocol with it, so all types and errors are the same. */
export function embeddedOptions(database: EmbeddedDatabase): DataSourceOptions {
  return {
    ...COMMON,
    driver: { Pool: OneSessionPool },
    username: 'postgres',
    database: 'postgres',
    // Who waits for the session waits for whatever another transaction has locked.
    connectTimeoutMS: SESSION_LIMITS.lock_timeout,
    extra: {
      ...CONNECTION,
      types,
      stream: () => database.connection(SESSION_LIMITS.idle_in_transaction_session_timeout),
    },
  };
}
