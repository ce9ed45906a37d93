import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { letterConditions, type LetterConditions } from '../letter-conditions.js';
import { HEADER_BYTES } from '../dead-letter.repository.js';
import type { Redrive, RedriveStatus } from './redrive.entity.js';
import { IS_FREE, RedrivenLetterRepository } from './redriven-letter.repository.js';

/** A redrive that is to be started. */
export interface NewRedrive {
  id: string;
  filter: LetterConditions;
  /** The most letters that it is for, the oldest; null for all. */
  limit: number | null;
  ratePerSecond: number;
  stopOnFailureRate: number;
  note: string | null;
  by: string;
}

/** A redrive whose next letters are due, with its row locked. */
export interface DueRedrive extends Redrive {
  /** Records that it wants sent and that are not yet. */
  pending: number;
}

/** What became of letters that a redrive sent, of which that is known. */
export interface Decided {
  decided: number;
  /** Those of them that are dead letters again. */
  cameBack: number;
}

/** How a redrive ended: why it stopped by itself, or who cancelled it. */
export interface RedriveEnd {
  status: Exclude<RedriveStatus, 'running'>;
  stopReason?: string;
  by?: string;
}

/** What one round did. */
export interface Round {
  cursor: string;
  sent: number;
  skipped: number;
  /** When the next one is due, in seconds. */
  waitSeconds: number;
}

/** How much of headers one round reads at the most, in bytes; but those of one letter at the least. */
const MAX_HEADER_BYTES = 2 * 1024 * 1024;

const COLUMNS = `
  id, filter, rate_per_second AS "ratePerSecond", stop_on_failure_rate AS "stopOnFailureRate", note, by, status,
  stop_reason AS "stopReason", matched, sent, skipped, failed, cursor, last_id AS "lastId", created_at AS "createdAt",
  next_round_at AS "nextRoundAt", finished_at AS "finishedAt"`;

/** What is pending is few, what a redrive has sent is much: so the letters that are due are filtered, not those of the redrive. */
const TAKE_DUE = `
  SELECT ${COLUMNS},
    (SELECT count(*) FILTER (WHERE l.redrive_id = redrives.id) FROM dead_letters AS l
     WHERE l.redrive_due_at IS NOT NULL) AS pending
  FROM redrives WHERE status = 'running' AND next_round_at <= now()
  ORDER BY next_round_at LIMIT 1 FOR UPDATE SKIP LOCKED`;

/** How many letters are looked at to see what becomes of them, at the most. */
const STRETCH = 500;

/**
 * Looks at the newest letters that were sent no later than the newest that came back: what comes behind may not have been read yet.
 * A letter of a task is decided when that has ended; any other is, because records are read in the order they were sent in. All is
 * looked up letter by letter (which is why it is not EXISTS: that may hash whole tables).
 */
const DECIDED = `
  WITH stretch AS (
    SELECT id, task_id, kind FROM dead_letters
    WHERE redrive_id = $1 AND status = 'redriven' AND id <= (
      SELECT previous_id FROM dead_letters WHERE came_back_from = $1 ORDER BY previous_id DESC LIMIT 1)
    ORDER BY id DESC LIMIT ${STRETCH}
  ), looked_at AS MATERIALIZED (
    SELECT
      (SELECT b.id FROM dead_letters AS b WHERE b.came_back_from = $1 AND b.previous_id = stretch.id LIMIT 1)
        IS NOT NULL AS came_back,
      kind = 'request'
        AND (SELECT d.task_id FROM dispatches AS d WHERE d.task_id = stretch.task_id) IS NOT NULL AS open
    FROM stretch
  )
  SELECT count(*) FILTER (WHERE came_back OR NOT open) AS decided, count(*) FILTER (WHERE came_back) AS "cameBack"
  FROM looked_at`;

/** A round that comes late makes up for it, but not for more than a second. */
const ADVANCE = `
  UPDATE redrives SET cursor = $2, sent = sent + $3, skipped = skipped + $4,
    next_round_at = greatest(next_round_at, now() - interval '1 second') + make_interval(secs => $5)
  WHERE id = $1`;

/** What was not sent when it is done was closed by others meanwhile. */
const FINISH = `
  UPDATE redrives SET status = $2, stop_reason = $3, finished_at = now(), next_round_at = NULL,
    skipped = CASE WHEN $2 = 'done' THEN greatest(matched - sent - failed, skipped) ELSE skipped END
  WHERE id = $1 AND status = 'running'`;

/** The SQL of redrives of many letters. */
@Injectable()
export class RedriveRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly letters: RedrivenLetterRepository,
  ) {}

  /** How many free letters match, and the ids of the oldest. */
  async match(filter: LetterConditions, sample: number): Promise<{ matched: number; ids: string[] }> {
    const { where, parameters } = matching(filter);
    const [row] = await this.dataSource.query<{ matched: number }[]>(
      `SELECT count(*) AS matched FROM dead_letters WHERE ${where}`,
      parameters,
    );
    const ids: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM dead_letters WHERE ${where} ORDER BY id LIMIT ${sample}`,
      parameters,
    );
    return { matched: row?.matched ?? 0, ids: ids.map(({ id }) => id) };
  }

  /** Starts a redrive for the free letters that match now. */
  async start(manager: EntityManager, redrive: NewRedrive): Promise<Redrive> {
    const { id, filter, limit, ratePerSecond, stopOnFailureRate, note, by } = redrive;
    const { where, parameters } = matching(filter);
    const bind = (value: unknown): string => `$${parameters.push(value)}`;
    const [started]: [Redrive] = await manager.query(
      `INSERT INTO redrives (
        id, filter, rate_per_second, stop_on_failure_rate, note, by, status, matched, sent, skipped, failed, last_id,
        created_at, next_round_at)
      SELECT ${bind(id)}, ${bind(JSON.stringify(filter))}::json, ${bind(ratePerSecond)}, ${bind(stopOnFailureRate)},
        ${bind(note)}, ${bind(by)}, 'running', count(*), 0, 0, 0, (array_agg(id ORDER BY id DESC))[1], now(), now()
      FROM (SELECT id FROM dead_letters WHERE ${where} ORDER BY id LIMIT ${bind(limit)}) AS matching
      RETURNING ${COLUMNS}`,
      parameters,
    );
    return started;
  }

  /** One redrive, or null. */
  async find(id: string): Promise<Redrive | null> {
    const [found]: Redrive[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM redrives WHERE id = $1`, [
      id,
    ]);
    return found ?? null;
  }

  /** Redrives in falling order of their ids, below `before`. */
  list(before: string | null, limit: number): Promise<Redrive[]> {
    return this.dataSource.query(
      `SELECT ${COLUMNS} FROM redrives WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
      [before, limit],
    );
  }

  /** Locks a redrive whose next letters are due, and that no other process is at. */
  async takeDue(manager: EntityManager): Promise<DueRedrive | null> {
    const [due]: DueRedrive[] = await manager.query(TAKE_DUE);
    return due ?? null;
  }

  /** What became of the newest letters that it sent of which that is known: of 500 at the most. */
  async decided(manager: EntityManager, id: string): Promise<Decided> {
    // For the rest of the transaction. Statistics lag behind a redrive: by them the planner would sort all that it has sent.
    await manager.query('SET LOCAL enable_bitmapscan = off');
    const [counts]: Decided[] = await manager.query(DECIDED, [id]);
    return counts ?? { decided: 0, cameBack: 0 };
  }

  /** The ids of the next letters of a redrive, oldest first; fewer than `limit` where their headers are large. */
  async next(
    manager: EntityManager,
    { filter, cursor, lastId }: Pick<Redrive, 'filter' | 'cursor' | 'lastId'>,
    limit: number,
  ): Promise<string[]> {
    const { where, parameters } = matching(JSON.parse(filter) as LetterConditions);
    const bind = (value: unknown): string => `$${parameters.push(value)}`;
    const behind = cursor === null ? '' : `AND id > ${bind(cursor)}`;
    const found: { id: string }[] = await manager.query(
      `SELECT id FROM (
         SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM (
           SELECT id, ${HEADER_BYTES} AS bytes FROM dead_letters
           WHERE ${where} ${behind} AND id <= ${bind(lastId)} ORDER BY id LIMIT ${bind(limit)}
         ) AS next
       ) AS summed WHERE before < ${MAX_HEADER_BYTES} ORDER BY id`,
      parameters,
    );
    return found.map(({ id }) => id);
  }

  /** Notes what a round did. */
  async advance(manager: EntityManager, id: string, round: Round): Promise<void> {
    await manager.query(ADVANCE, [id, round.cursor, round.sent, round.skipped, round.waitSeconds]);
  }

  /** Lets it be taken again after `seconds`. */
  async postpone(manager: EntityManager, id: string, seconds: number): Promise<void> {
    await manager.query(
      'UPDATE redrives SET next_round_at = now() + make_interval(secs => $2) WHERE id = $1',
      [id, seconds],
    );
  }

  /** Ends a running redrive; answers whether it was running. What it wants sent and nobody is sending is free again. */
  async finish(manager: EntityManager, id: string, { status, stopReason, by }: RedriveEnd): Promise<boolean> {
    const [, count]: [unknown[], number] = await manager.query(FINISH, [id, status, stopReason ?? null]);
    if (count > 0 && status !== 'done') await this.letters.free(manager, id, by ?? null);
    return count > 0;
  }
}

function matching(filter: LetterConditions): { where: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const conditions = letterConditions(filter, (value) => `$${parameters.push(value)}`);
  return { where: `${conditions} AND ${IS_FREE}`, parameters };
}
