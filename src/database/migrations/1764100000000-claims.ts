import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Delivery `claim`: the dispatch row itself is the queue. `Dispatch` says what the columns and states mean.
 *
 * Claims look along `dispatches_claimable` and see nothing that they may not take: tasks of other types, and those that
 * wait behind an earlier one of their key, however many, cost them nothing.
 */
export class Claims1764100000000 implements MigrationInterface {
  readonly name = 'Claims1764100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX dispatches_claimable, dispatches_key');
    await queryRunner.query(
      'ALTER TABLE dispatches DROP COLUMN claimable_since, DROP COLUMN worker, DROP COLUMN lease_seconds',
    );
  }
}

const STATEMENTS = [
  `ALTER TABLE dispatches ADD COLUMN claimable_since timestamptz(3), ADD COLUMN worker text,
    ADD COLUMN lease_seconds integer`,
  `CREATE INDEX dispatches_claimable ON dispatches (type, claimable_since, task_id) WHERE state = 'claimable'`,
  `CREATE INDEX dispatches_key ON dispatches (type, ordering_key, ordering_number)
    WHERE ordering_number IS NOT NULL AND state IN ('behind', 'claimable', 'claimed')`,
];
