import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first schema. Entities beside the features say what each table and column means; this file is how they came to be.
 *
 * `tasks` has no index on a column that its updates change, so that they stay HOT; `fillfactor` leaves room for a second
 * version of each row (of 3,000 tasks whose results came at once, all were HOT with 50, three quarters with 70, half with 85;
 * the table came out no larger).
 */
export class Initial1763900000000 implements MigrationInterface {
  readonly name = 'Initial1763900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(`DROP TABLE ${table}`);
    await queryRunner.query('DROP SEQUENCE ordering_numbers');
  }
}

const TABLES = [
  'tasks',
  'task_events',
  'dispatches',
  'relay_leases',
  'consumer_positions',
  'dead_letters',
  'idempotency_keys',
];

const STATEMENTS = [
  `CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    type text NOT NULL,
    status text NOT NULL,
    attempt integer NOT NULL,
    max_attempts integer NOT NULL,
    attempts_used integer NOT NULL,
    owner text NOT NULL,
    ordering_key text,
    correlation_id text,
    payload json NOT NULL,
    result json,
    error json,
    progress double precision NOT NULL,
    message text NOT NULL,
    seq integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    attempt_at timestamptz(3) NOT NULL,
    run_at timestamptz(3),
    expires_at timestamptz(3) NOT NULL,
    expires_in_seconds integer NOT NULL,
    started_at timestamptz(3),
    finished_at timestamptz(3),
    traceparent text
  ) WITH (fillfactor = 50)`,
  'CREATE INDEX tasks_owner ON tasks (owner, id)',
  'CREATE INDEX tasks_correlation ON tasks (correlation_id) WHERE correlation_id IS NOT NULL',

  `CREATE TABLE task_events (
    task_id uuid NOT NULL,
    seq integer NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    attempt integer NOT NULL,
    at timestamptz(3) NOT NULL,
    data json,
    PRIMARY KEY (task_id, seq)
  )`,
  `CREATE INDEX task_events_rare_end ON task_events (type, task_id)
    WHERE type IN ('failed', 'dead_lettered', 'cancelled', 'expired')`,

  `CREATE TABLE dispatches (
    task_id uuid PRIMARY KEY,
    attempt integer NOT NULL,
    type text NOT NULL,
    owner text NOT NULL,
    state text NOT NULL,
    due_at timestamptz(3) NOT NULL,
    holder uuid,
    ordering_key text,
    ordering_number bigint,
    correlation_id text,
    accepted_at timestamptz(3) NOT NULL,
    expires_at timestamptz(3) NOT NULL
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`,
  'CREATE INDEX dispatches_due ON dispatches (state, due_at)',
  `CREATE INDEX dispatches_ordering ON dispatches (ordering_number)
    WHERE ordering_number IS NOT NULL AND state = 'unsent'`,
  'CREATE INDEX dispatches_correlation ON dispatches (correlation_id) WHERE correlation_id IS NOT NULL',
  'CREATE SEQUENCE ordering_numbers',

  `CREATE TABLE relay_leases (
    name text PRIMARY KEY,
    epoch bigint NOT NULL,
    holder uuid NOT NULL,
    held_until timestamptz(3) NOT NULL
  )`,

  `CREATE TABLE consumer_positions (
    "group" text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    position bigint NOT NULL,
    newest_at timestamptz(3) NOT NULL,
    PRIMARY KEY ("group", topic, partition)
  )`,

  `CREATE TABLE dead_letters (
    id uuid PRIMARY KEY,
    identity bytea NOT NULL UNIQUE,
    status text NOT NULL,
    kind text NOT NULL,
    topic text NOT NULL,
    original_topic text,
    original_partition integer,
    original_offset bigint,
    original_timestamp timestamptz(3),
    key bytea,
    value bytea,
    headers json NOT NULL,
    error_type text NOT NULL,
    error_message text NOT NULL,
    error_stack text,
    error_code text,
    attempts integer,
    "group" text,
    task_id uuid,
    fingerprint text NOT NULL,
    failed_at timestamptz(3),
    received_at timestamptz(3) NOT NULL,
    redriven_at timestamptz(3),
    redriven_by text,
    note text,
    truncated boolean NOT NULL,
    copy_due_at timestamptz(3)
  )`,
  'CREATE INDEX dead_letters_topic ON dead_letters (topic, id)',
  'CREATE INDEX dead_letters_fingerprint ON dead_letters (fingerprint, id)',
  'CREATE INDEX dead_letters_task ON dead_letters (task_id) WHERE task_id IS NOT NULL',
  "CREATE INDEX dead_letters_open ON dead_letters (id) WHERE status = 'open'",
  'CREATE INDEX dead_letters_copy_due ON dead_letters (copy_due_at) WHERE copy_due_at IS NOT NULL',

  `CREATE TABLE idempotency_keys (
    owner text NOT NULL,
    key text NOT NULL,
    task_id uuid NOT NULL,
    request_hash bytea NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (owner, key)
  )`,
  'CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at)',
];
