import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Loop } from '../background/loop.js';
import { idAt } from './task-list.js';

/** The injection token of `RETENTION_DAYS`. */
export const RETENTION_DAYS = Symbol('RetentionDays');

/** How many rows one statement deletes at the most, so that none holds its locks for long. */
const ROUND = 1_000;

const IDLE_MS = 10 * 60_000;
const FAILURE_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * A task that has ended, and with it its history; open tasks stay however old they are, and those that an open letter may bring back
 * or is shown with.
 */
const DELETE_TASKS = `
  WITH old AS (
    SELECT id FROM tasks WHERE id < $1 AND finished_at < now() - make_interval(days => $2)
      AND NOT EXISTS (SELECT FROM dead_letters WHERE task_id = tasks.id AND status = 'open')
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
  ), history AS (
    DELETE FROM task_events USING old WHERE task_id = old.id
  )
  DELETE FROM tasks USING old WHERE tasks.id = old.id`;

/** Open letters stay, however old they are. */
const DELETE_LETTERS = `
  WITH old AS (
    SELECT id FROM dead_letters
    WHERE id < $1 AND status <> 'open' AND coalesce(redriven_at, discarded_at, received_at) < now() - make_interval(days => $2)
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
  ), history AS (
    DELETE FROM dead_letter_actions USING old WHERE dead_letter_id = old.id
  )
  DELETE FROM dead_letters USING old WHERE dead_letters.id = old.id`;

const DELETE_REDRIVES = `
  DELETE FROM redrives WHERE id IN (
    SELECT id FROM redrives WHERE id < $1 AND finished_at < now() - make_interval(days => $2)
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)`;

const DELETE_KEYS = `
  DELETE FROM idempotency_keys WHERE (owner, key) IN (
    SELECT owner, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours'
    ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)`;

/** Locks nothing first: nobody may have the right to change an entry, and a lock would need it. */
const DELETE_AUDIT = `
  DELETE FROM audit_entries WHERE id IN (
    SELECT id FROM audit_entries WHERE id < $1 AND at < now() - make_interval(days => $2)
    ORDER BY id LIMIT $3)`;

/** Deletes what nobody has to keep: ended tasks without open letters, with their events, closed letters, redrives that are over, used keys, old audits. */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Retention.name);
  private readonly loop = new Loop(() => this.round(), {
    idleMs: IDLE_MS,
    failureMs: FAILURE_MS,
    logger: this.logger,
  });

  constructor(
    private readonly dataSource: DataSource,
    @Inject(RETENTION_DAYS) private readonly days: number,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** Deletes one round of each; answers whether there may be more. */
  async round(): Promise<boolean> {
    const youngest = idAt(Date.now() - (this.days - 1) * DAY_MS);
    const counts = [
      await this.delete(DELETE_TASKS, [youngest, this.days, ROUND]),
      await this.delete(DELETE_LETTERS, [youngest, this.days, ROUND]),
      await this.delete(DELETE_REDRIVES, [youngest, this.days, ROUND]),
      await this.delete(DELETE_AUDIT, [youngest, this.days, ROUND]),
      await this.delete(DELETE_KEYS, [ROUND]),
    ];
    return counts.some((count) => count === ROUND);
  }

  private async delete(statement: string, parameters: unknown[]): Promise<number> {
    const [, count]: [unknown[], number] = await this.dataSource.query(statement, parameters);
    return count;
  }
}
