import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The secret that the installation signs its own tokens with. */
export class SigningKeys1764000000000 implements MigrationInterface {
  readonly name = 'SigningKeys1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE signing_keys (
      name text PRIMARY KEY,
      secret bytea NOT NULL,
      created_at timestamptz(3) NOT NULL
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE signing_keys');
  }
}
