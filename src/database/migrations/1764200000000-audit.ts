import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audit log. */
export class Audit1764200000000 implements MigrationInterface {
  readonly name = 'Audit1764200000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE audit_entries (
      id uuid PRIMARY KEY,
      at timestamptz(3) NOT NULL,
      outcome text NOT NULL,
      owner text,
      roles text[] NOT NULL,
      action text NOT NULL,
      target text,
      code text,
      address text NOT NULL,
      count integer NOT NULL
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE audit_entries');
  }
}
