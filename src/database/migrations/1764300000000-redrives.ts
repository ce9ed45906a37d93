import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Redrives: one letter or many sent again, and what people did to letters. */
export class Redrives1764300000000 implements MigrationInterface {
  readonly name = 'Redrives1764300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const UP = [
  `ALTER TABLE dead_letters
    ADD COLUMN previous_id uuid,
    ADD COLUMN generation integer NOT NULL DEFAULT 1,
    ADD COLUMN redrive_id uuid,
    ADD COLUMN came_back_from uuid,
    ADD COLUMN redrive_due_at timestamptz(3),
    ADD COLUMN mend json,
    ADD COLUMN discarded_at timestamptz(3)`,
  `CREATE INDEX dead_letters_redrive_due ON dead_letters (redrive_due_at) WHERE redrive_due_at IS NOT NULL`,
  `CREATE INDEX dead_letters_came_back ON dead_letters (came_back_from) WHERE came_back_from IS NOT NULL`,
  `CREATE TABLE dead_letter_actions (
    id uuid PRIMARY KEY,
    dead_letter_id uuid NOT NULL,
    at timestamptz(3) NOT NULL,
    action text NOT NULL,
    by text,
    redrive_id uuid,
    note text,
    reason text,
    changes json
  )`,
  'CREATE INDEX dead_letter_actions_letter ON dead_letter_actions (dead_letter_id, id)',
  `CREATE TABLE redrives (
    id uuid PRIMARY KEY,
    filter json NOT NULL,
    rate_per_second integer NOT NULL,
    stop_on_failure_rate double precision NOT NULL,
    note text,
    by text NOT NULL,
    status text NOT NULL,
    stop_reason text,
    matched integer NOT NULL,
    sent integer NOT NULL,
    skipped integer NOT NULL,
    failed integer NOT NULL,
    cursor uuid,
    last_id uuid,
    created_at timestamptz(3) NOT NULL,
    next_round_at timestamptz(3),
    finished_at timestamptz(3)
  )`,
  `CREATE INDEX redrives_due ON redrives (next_round_at) WHERE status = 'running'`,
  'ALTER TABLE dispatches ADD COLUMN record json',
];

const DOWN = [
  'ALTER TABLE dispatches DROP COLUMN record',
  'DROP TABLE redrives',
  'DROP TABLE dead_letter_actions',
  `ALTER TABLE dead_letters
    DROP COLUMN previous_id,
    DROP COLUMN generation,
    DROP COLUMN redrive_id,
    DROP COLUMN came_back_from,
    DROP COLUMN redrive_due_at,
    DROP COLUMN mend,
    DROP COLUMN discarded_at`,
];
