import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { transact } from '../../database/transaction.js';
import { LETTER_BYTES } from '../dead-letter.repository.js';
import type { DeadLetterKind } from '../dead-letter.entity.js';
import { LetterHistory, type NewAction } from '../letter-history.js';
import type { LetterRecord } from './mend.js';

/** What decides how a letter can be sent again. */
export interface LetterHead {
  id: string;
  kind: DeadLetterKind;
  taskId: string | null;
  topic: string;
  truncated: boolean;
  /** JSON text of `EncodedHeaders`. */
  headers: string;
}

/** A letter whose record is on its way. */
export interface DueLetter extends LetterRecord {
  redriveId: string | null;
  /** JSON text of `Mend`; null where nothing was mended. */
  mend: string | null;
  /** False where it was part of a redrive of many that has ended: it is free, once it is given back. */
  wanted: boolean;
}

/** Who wants letters sent again. */
export interface RedriveOrder {
  by: string;
  note: string | null;
  redriveId: string | null;
}

/** A letter that nobody has closed, and that nobody is about to send. */
export const IS_FREE = `status = 'open' AND redrive_due_at IS NULL`;

const HEAD = 'id, kind, task_id AS "taskId", topic, truncated, headers';

const CLOSE = `
  UPDATE dead_letters SET status = 'redriven', redriven_at = now(), redriven_by = $2, note = coalesce($3, note),
    redrive_id = $4
  WHERE id = ANY($1::uuid[])`;

const CLOSE_OTHERS = `
  UPDATE dead_letters SET status = 'redriven', redriven_at = now(), redriven_by = $2
  WHERE task_id = ANY($1::uuid[]) AND kind = 'request' AND ${IS_FREE}
  RETURNING id`;

const INTEND = `
  UPDATE dead_letters SET redrive_due_at = now(), redriven_by = $2, note = coalesce($3, note), redrive_id = $4, mend = $5
  WHERE id = ANY($1::uuid[])`;

/** Of a letter `l` whose record has to be sent: whether it still has to, if it is part of a redrive of many. */
const IS_WANTED = `(
  l.redrive_id IS NULL OR EXISTS (SELECT FROM redrives AS r WHERE r.id = l.redrive_id AND r.status = 'running'))`;

/** How much of values, keys and headers is read at a time, at the most, in bytes; but one letter at the least. */
const MAX_BYTES = 8 * 1024 * 1024;

const TAKE_DUE = `
  WITH due AS (
    SELECT id, ${LETTER_BYTES} + coalesce(octet_length(mend::text), 0) AS bytes FROM dead_letters
    WHERE redrive_due_at <= now() AND topic <> ALL($3::text[]) ORDER BY id LIMIT $1
    FOR UPDATE SKIP LOCKED
  ), fitting AS (
    SELECT id FROM (SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM due) AS summed
    WHERE before < ${MAX_BYTES}
  ), taken AS (
    UPDATE dead_letters AS l SET redrive_due_at = now() + make_interval(secs => $2)
    FROM fitting WHERE l.id = fitting.id
    RETURNING l.id, l.topic, l.key, l.value, l.headers, l.mend, l.redrive_id AS "redriveId",
      ${IS_WANTED} AS wanted
  )
  SELECT * FROM taken ORDER BY id`;

/** Also counts them where they are part of a redrive of many. */
const MARK_SENT = `
  WITH sent AS (
    UPDATE dead_letters SET status = 'redriven', redriven_at = now(), redrive_due_at = NULL
    WHERE id = ANY($1::uuid[]) AND status = 'open'
    RETURNING redrive_id
  )
  UPDATE redrives AS r SET sent = r.sent + s.count
  FROM (SELECT redrive_id, count(*) AS count FROM sent GROUP BY redrive_id) AS s WHERE r.id = s.redrive_id`;

/** Those whose redrive has ended meanwhile are free. */
const GIVE_BACK = `
  UPDATE dead_letters AS given SET redrive_due_at = CASE WHEN wanted THEN now() END,
    redriven_by = CASE WHEN wanted THEN redriven_by END
  FROM (SELECT l.id, ${IS_WANTED} AS wanted FROM dead_letters AS l WHERE l.id = ANY($1::uuid[])) AS known
  WHERE given.id = known.id AND status = 'open' AND redrive_due_at IS NOT NULL
  RETURNING given.id, redrive_id AS "redriveId", wanted`;

/** Those that nobody is sending at this moment: they are as free as before. */
const FREE = `
  UPDATE dead_letters SET redrive_due_at = NULL, redriven_by = NULL
  WHERE redrive_id = $1 AND status = 'open' AND redrive_due_at <= now()
  RETURNING id`;

const MARK_REFUSED = `
  WITH refused AS (
    UPDATE dead_letters SET redrive_due_at = NULL, redriven_by = NULL
    WHERE id = ANY($1::uuid[]) AND status = 'open'
    RETURNING redrive_id
  )
  UPDATE redrives AS r SET failed = r.failed + s.count
  FROM (SELECT redrive_id, count(*) AS count FROM refused GROUP BY redrive_id) AS s WHERE r.id = s.redrive_id`;

/** The SQL of letters that are sent again. */
@Injectable()
export class RedrivenLetterRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly history: LetterHistory,
  ) {}

  /** Those of the letters that exist. */
  kinds(manager: EntityManager, ids: readonly string[]): Promise<Pick<LetterHead, 'kind' | 'taskId'>[]> {
    return manager.query(
      'SELECT kind, task_id AS "taskId" FROM dead_letters WHERE id = ANY($1::uuid[]) ORDER BY id',
      [ids],
    );
  }

  /** Locks those of the letters that are free, in the order of their ids, which everybody keeps. */
  lockFree(manager: EntityManager, ids: readonly string[]): Promise<LetterHead[]> {
    return manager.query(
      `SELECT ${HEAD} FROM dead_letters WHERE id = ANY($1::uuid[]) AND ${IS_FREE} ORDER BY id FOR UPDATE`,
      [ids],
    );
  }

  /** Closes letters whose tasks were brought back. */
  async close(manager: EntityManager, ids: readonly string[], order: RedriveOrder): Promise<void> {
    if (ids.length > 0) await manager.query(CLOSE, [ids, order.by, order.note, order.redriveId]);
  }

  /**
   * Closes the other open letters of requests of tasks that were brought back: they have nothing to bring back any more. Answers
   * with their ids.
   */
  async closeOthers(
    manager: EntityManager,
    taskIds: readonly string[],
    { by, redriveId }: RedriveOrder,
  ): Promise<Set<string>> {
    if (taskIds.length === 0) return new Set();
    const [closed]: [{ id: string }[], number] = await manager.query(CLOSE_OTHERS, [taskIds, by]);
    const reason = 'task_redriven';
    await this.history.add(
      manager,
      closed.map(({ id }) => ({ deadLetterId: id, action: 'closed', by, redriveId, reason })),
    );
    return new Set(closed.map(({ id }) => id));
  }

  /** Notes that the records of letters have to be sent. `mend` is JSON text. */
  async intend(
    manager: EntityManager,
    ids: readonly string[],
    order: RedriveOrder,
    mend: string | null,
  ): Promise<void> {
    if (ids.length > 0) await manager.query(INTEND, [ids, order.by, order.note, order.redriveId, mend]);
  }

  /** Closes a letter for good that nobody is sending at this moment; answers whether it could. */
  async discard(manager: EntityManager, id: string, note: string): Promise<boolean> {
    const [, count]: [unknown[], number] = await manager.query(
      `UPDATE dead_letters SET status = 'discarded', note = $2, discarded_at = now(), redrive_due_at = NULL,
         redriven_by = NULL
       WHERE id = $1 AND status = 'open' AND (redrive_due_at IS NULL OR redrive_due_at <= now())`,
      [id, note],
    );
    return count > 0;
  }

  /** Takes letters whose records have to be sent, oldest first, for `seconds`; those of some topics not. */
  takeDue(limit: number, seconds: number, exceptTopics: readonly string[]): Promise<DueLetter[]> {
    return this.dataSource.query(TAKE_DUE, [limit, seconds, exceptTopics]);
  }

  /** Closes letters whose records are durable. */
  async markSent(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await transact(this.dataSource, (manager) => manager.query(MARK_SENT, [ids]));
  }

  /** Frees letters whose records cannot be sent as they are, and says why. */
  async markRefused(refused: readonly { letter: DueLetter; reason: string }[]): Promise<void> {
    if (refused.length === 0) return;
    await transact(this.dataSource, async (manager) => {
      await manager.query(MARK_REFUSED, [refused.map(({ letter }) => letter.id)]);
      await this.history.add(
        manager,
        refused.map(({ letter: { id: deadLetterId, redriveId }, reason }) => {
          return { deadLetterId, action: 'refused', by: null, redriveId, reason };
        }),
      );
    });
  }

  /** Lets letters be taken again at once; those of redrives of many that are over are free. */
  async giveBack(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await transact(this.dataSource, async (manager) => {
      const [given]: [{ id: string; redriveId: string | null; wanted: boolean }[], number] =
        await manager.query(GIVE_BACK, [ids]);
      const freed = given.filter(({ wanted }) => !wanted);
      await this.history.add(
        manager,
        freed.map(({ id, redriveId }) => cancelled(id, redriveId, null)),
      );
    });
  }

  /** Frees what a redrive of many that is over wants sent, and nobody is sending. `by` ended it; null if nobody did. */
  async free(manager: EntityManager, redriveId: string, by: string | null): Promise<void> {
    const [freed]: [{ id: string }[], number] = await manager.query(FREE, [redriveId]);
    await this.history.add(
      manager,
      freed.map(({ id }) => cancelled(id, redriveId, by)),
    );
  }
}

function cancelled(deadLetterId: string, redriveId: string | null, by: string | null): NewAction {
  return { deadLetterId, action: 'cancelled', by, redriveId, reason: 'redrive_over' };
}
