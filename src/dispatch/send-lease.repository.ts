import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** A dispatch that somebody holds a lease on, with everything that its request record needs. */
export interface LeasedDispatch {
  taskId: string;
  attempt: number;
  type: string;
  orderingKey: string | null;
  expiresAt: Date;
  /** JSON text. */
  payload: string;
  traceparent: string | null;
  /** JSON text of `RecordParts`: what a redrive adds to the record. */
  record: string | null;
}

/** That a task's request is on its topic. */
export interface SentMark {
  taskId: string;
  attempt: number;
  /** In seconds; null for none. */
  timeLimit: number | null;
}

/** Whoever marks or takes dispatches skips rows that are locked: their task is being changed, and the lease covers it. */
const MARK_SENT = `
  UPDATE dispatches AS d SET state = 'sent', holder = NULL,
    due_at = least(d.expires_at, now() + make_interval(secs => s.time_limit))
  FROM (
    SELECT task_id, time_limit FROM dispatches
    JOIN json_to_recordset($1::json) AS n(id uuid, attempt integer, time_limit double precision)
      ON task_id = id AND dispatches.attempt = n.attempt
    WHERE state = 'unsent' AND holder = $2
    FOR UPDATE OF dispatches SKIP LOCKED
  ) AS s
  WHERE d.task_id = s.task_id`;

const GIVE_UP = `
  UPDATE dispatches SET holder = NULL, due_at = least(expires_at, now() + make_interval(secs => $3))
  WHERE task_id IN (
    SELECT task_id FROM dispatches
    JOIN json_to_recordset($1::json) AS n(id uuid, attempt integer) ON task_id = id AND dispatches.attempt = n.attempt
    WHERE state = 'unsent' AND holder = $2
    FOR UPDATE OF dispatches SKIP LOCKED)`;

const HELD = `
  SELECT d.task_id AS id FROM dispatches AS d
  JOIN json_to_recordset($1::json) AS n(id uuid, attempt integer) ON d.task_id = n.id AND d.attempt = n.attempt
  WHERE d.state = 'unsent' AND d.holder = $2`;

/** Attempt and expiry are the dispatch's, whose row is locked; what else is read of the task never changes. */
const LEASED_COLUMNS = `
  t.id AS "taskId", taken.attempt, t.type, t.ordering_key AS "orderingKey", taken.expires_at AS "expiresAt",
  t.payload, t.traceparent, taken.record`;

const TAKE_UNSENT = `
  WITH due AS (
    SELECT task_id FROM dispatches
    WHERE state = 'unsent' AND due_at <= now() AND expires_at > now() AND ordering_number IS NULL AND type = ANY($4::text[])
    ORDER BY due_at LIMIT $3
    FOR UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE dispatches AS d SET holder = $1, due_at = now() + make_interval(secs => $2)
    FROM due WHERE d.task_id = due.task_id
    RETURNING d.task_id, d.attempt, d.expires_at, d.record
  )
  SELECT ${LEASED_COLUMNS} FROM taken JOIN tasks AS t ON t.id = taken.task_id ORDER BY t.id`;

/** A dispatch that is locked is passed over, and with it all behind it that have its key. */
const TAKE_ORDERED = `
  WITH next AS (
    SELECT task_id, type, ordering_key, ordering_number FROM dispatches
    WHERE state = 'unsent' AND expires_at > now() AND ordering_number IS NOT NULL AND type = ANY($4::text[])
      AND EXISTS (SELECT FROM relay_leases WHERE name = 'ordering' AND holder = $1 AND epoch = $2 AND held_until > now())
    ORDER BY ordering_number LIMIT $3
  ), free AS (
    SELECT d.task_id FROM dispatches AS d JOIN next ON d.task_id = next.task_id
    WHERE d.state = 'unsent'
    FOR UPDATE OF d SKIP LOCKED
  ), taken AS (
    UPDATE dispatches AS d SET holder = $1
    FROM free WHERE d.task_id = free.task_id
      AND NOT EXISTS (
        SELECT FROM next AS earlier
        WHERE (earlier.type, earlier.ordering_key) = (d.type, d.ordering_key)
          AND earlier.ordering_number < d.ordering_number AND earlier.task_id NOT IN (SELECT task_id FROM free))
    RETURNING d.task_id, d.attempt, d.expires_at, d.record, d.ordering_number
  )
  SELECT ${LEASED_COLUMNS} FROM taken JOIN tasks AS t ON t.id = taken.task_id ORDER BY taken.ordering_number`;

/** Which attempt of which task a lease is for. */
type Attempt = Pick<LeasedDispatch, 'taskId' | 'attempt'>;

/** The leases of whoever sends: taking dispatches that are to be sent, and what became of them. */
@Injectable()
export class SendLeaseRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Writes "sent" where task, attempt and holder are still the same. */
  async markSent(sent: readonly SentMark[], holder: string): Promise<void> {
    if (sent.length === 0) return;
    const rows = sent.map(({ taskId, attempt, timeLimit }) => ({
      id: taskId,
      attempt,
      time_limit: timeLimit,
    }));
    await this.dataSource.query(MARK_SENT, [JSON.stringify(rows), holder]);
  }

  /** Gives leases up, so that a relay looks again after `delaySeconds`. */
  async giveUp(leases: readonly Attempt[], holder: string, delaySeconds: number): Promise<void> {
    if (leases.length === 0) return;
    await this.dataSource.query(GIVE_UP, [attemptsOf(leases), holder, delaySeconds]);
  }

  /** Those of the tasks whose dispatches are still `holder`'s to send, at the same attempt. */
  async heldBy(leases: readonly Attempt[], holder: string): Promise<Set<string>> {
    const held: { id: string }[] = await this.dataSource.query(HELD, [attemptsOf(leases), holder]);
    return new Set(held.map(({ id }) => id));
  }

  /** Locks a dispatch if it is still `holder`'s to send at this attempt, and nobody is changing it. */
  async lockHeld(manager: EntityManager, lease: Attempt, holder: string): Promise<boolean> {
    const parameters = [attemptsOf([lease]), holder];
    const rows: unknown[] = await manager.query(`${HELD} FOR UPDATE OF d SKIP LOCKED`, parameters);
    return rows.length > 0;
  }

  /** Leases dispatches of these types without an ordering key whose last lease is over. */
  async takeUnsent(
    holder: string,
    leaseSeconds: number,
    limit: number,
    types: readonly string[],
  ): Promise<LeasedDispatch[]> {
    return this.dataSource.query(TAKE_UNSENT, [holder, leaseSeconds, limit, types]);
  }

  /**
   * The next dispatches with an ordering key, in their order; none unless the ordering lease is still `holder`'s with
   * this epoch. That lease guards them, so they carry no time of their own.
   */
  async takeOrdered(
    holder: string,
    epoch: number,
    limit: number,
    types: readonly string[],
  ): Promise<LeasedDispatch[]> {
    return this.dataSource.query(TAKE_ORDERED, [holder, epoch, limit, types]);
  }
}

/** As the JSON of `n(id, attempt)`. */
function attemptsOf(leases: readonly Attempt[]): string {
  return JSON.stringify(leases.map(({ taskId, attempt }) => ({ id: taskId, attempt })));
}
