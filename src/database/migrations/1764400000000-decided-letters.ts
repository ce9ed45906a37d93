import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a redrive sent, and which of it came back, in the order it was sent in. */
export class DecidedLetters1764400000000 implements MigrationInterface {
  readonly name = 'DecidedLetters1764400000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const UP = [
  'CREATE INDEX dead_letters_redrive ON dead_letters (redrive_id, id) WHERE redrive_id IS NOT NULL',
  'DROP INDEX dead_letters_came_back',
  'CREATE INDEX dead_letters_came_back ON dead_letters (came_back_from, previous_id) WHERE came_back_from IS NOT NULL',
];

const DOWN = [
  'DROP INDEX dead_letters_came_back',
  'CREATE INDEX dead_letters_came_back ON dead_letters (came_back_from) WHERE came_back_from IS NOT NULL',
  'DROP INDEX dead_letters_redrive',
];
