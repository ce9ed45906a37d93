import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { DispatchState } from './dispatch.entity.js';
import type { RecordParts } from './request-record.js';

/** A dispatch as the fold wants it to stand. */
export interface StandingDispatch {
  taskId: string;
  attempt: number;
  type: string;
  owner: string;
  state: DispatchState;
  dueAt: Date;
  claimableSince: Date | null;
  /** Only where somebody claims it now. */
  lease: ClaimLease | null;
  orderingKey: string | null;
  correlationId: string | null;
  acceptedAt: Date;
  expiresAt: Date;
}

/** Who holds a claimed task, and for how many seconds at a time. */
export interface ClaimLease {
  worker: string | null;
  seconds: number;
}

/** All tasks of one type with the same ordering key. */
export interface OrderedGroup {
  type: string;
  orderingKey: string;
}

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

/** A dispatch whose time has come, for the timers. */
export interface DueDispatch {
  taskId: string;
  attempt: number;
  state: DispatchState;
  type: string;
  orderingKey: string | null;
  leaseSeconds: number | null;
  expired: boolean;
}

/** The length of a lease for which nobody asked for another one, in seconds. */
export const LEASE_SECONDS = 60;

/**
 * A report ("sent") to a claimed dispatch renews the lease by its length. To one that waits to be claimed it is a claim: with a lease it
 * comes again when no more is heard of it.
 */
const CLAIMS = `excluded.state = 'sent' AND d.state IN ('claimed', 'claimable', 'behind')`;
const CLAIMED_SECONDS = `coalesce(d.lease_seconds, ${LEASE_SECONDS})`;

const PUT = `
  INSERT INTO dispatches AS d
    (task_id, attempt, type, owner, state, due_at, claimable_since, worker, lease_seconds, ordering_key,
      ordering_number, correlation_id, accepted_at, expires_at)
  SELECT task_id, attempt, type, owner, state, due_at, claimable_since, worker, lease_seconds, ordering_key,
    CASE WHEN state IN ('unsent', 'behind') AND ordering_key IS NOT NULL THEN nextval('ordering_numbers') END,
    correlation_id, accepted_at, expires_at
  FROM json_to_recordset($1::json) AS n(
    task_id uuid, attempt integer, type text, owner text, state text, due_at timestamptz, claimable_since timestamptz,
    worker text, lease_seconds integer, ordering_key text, correlation_id text, accepted_at timestamptz,
    expires_at timestamptz)
  ON CONFLICT (task_id) DO UPDATE SET
    attempt = excluded.attempt, holder = NULL, claimable_since = excluded.claimable_since,
    state = CASE WHEN ${CLAIMS} THEN 'claimed' ELSE excluded.state END,
    due_at = CASE WHEN ${CLAIMS}
      THEN least(excluded.due_at, statement_timestamp() + make_interval(secs => ${CLAIMED_SECONDS}))
      ELSE excluded.due_at END,
    worker = CASE WHEN ${CLAIMS} THEN d.worker ELSE excluded.worker END,
    lease_seconds = CASE WHEN ${CLAIMS} THEN ${CLAIMED_SECONDS} ELSE excluded.lease_seconds END,
    ordering_number = coalesce(d.ordering_number, excluded.ordering_number), expires_at = excluded.expires_at
  WHERE (d.attempt, d.state, d.due_at) IS DISTINCT FROM (excluded.attempt, excluded.state, excluded.due_at)`;

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

/** Above all ordering numbers. */
const NO_NUMBER = Number.MAX_SAFE_INTEGER;

/**
 * Lets the next task of a key be claimed, one at a time: the earliest, unless an earlier one is held by a lease, or another is
 * claimable already. None is claimable behind the first that was never handed out, so it is not looked for there.
 */
const ADVANCE = `
  UPDATE dispatches SET state = 'claimable', claimable_since = statement_timestamp()
  WHERE state = 'behind' AND task_id = ANY(ARRAY(
    SELECT next.task_id
    FROM unnest($1::text[], $2::text[]) AS k(type, ordering_key)
    LEFT JOIN LATERAL (
      SELECT ordering_number FROM dispatches AS d
      WHERE d.type = k.type AND d.ordering_key = k.ordering_key AND d.ordering_number IS NOT NULL
        AND state IN ('behind', 'claimable', 'claimed') AND attempt = 1
      ORDER BY ordering_number LIMIT 1
    ) AS fresh ON true
    LEFT JOIN LATERAL (
      SELECT ordering_number FROM dispatches AS d
      WHERE d.type = k.type AND d.ordering_key = k.ordering_key AND d.ordering_number IS NOT NULL
        AND state IN ('behind', 'claimable', 'claimed') AND (state = 'claimed' OR attempt = 1)
      ORDER BY ordering_number LIMIT 1
    ) AS first ON true
    CROSS JOIN LATERAL (
      SELECT task_id FROM dispatches AS d
      WHERE d.type = k.type AND d.ordering_key = k.ordering_key AND d.state = 'behind'
        AND d.ordering_number <= coalesce(first.ordering_number, ${NO_NUMBER})
        AND NOT EXISTS (
          SELECT FROM dispatches AS other
          WHERE other.type = k.type AND other.ordering_key = k.ordering_key AND other.state = 'claimable'
            AND other.ordering_number <= coalesce(fresh.ordering_number, ${NO_NUMBER}))
      ORDER BY ordering_number LIMIT 1
    ) AS next))`;

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

const DUE_COLUMNS = `
  task_id AS "taskId", attempt, state, type, ordering_key AS "orderingKey", lease_seconds AS "leaseSeconds",
  expires_at <= now() AS expired`;

const IS_DUE = `state IN ('scheduled', 'sent', 'behind', 'claimable', 'claimed') AND due_at <= now()`;

const TAKE_DUE = `
  SELECT ${DUE_COLUMNS} FROM dispatches WHERE ${IS_DUE}
  ORDER BY due_at, accepted_at, task_id LIMIT $1
  FOR UPDATE SKIP LOCKED`;

const IS_EXPIRED_UNSENT = `state = 'unsent' AND due_at <= now() AND expires_at <= now()`;

const TAKE_EXPIRED_UNSENT = `
  SELECT ${DUE_COLUMNS} FROM dispatches WHERE ${IS_EXPIRED_UNSENT}
  ORDER BY due_at LIMIT $1
  FOR UPDATE SKIP LOCKED`;

const ADD_TO_RECORDS = `
  UPDATE dispatches AS d SET record = n.record::json
  FROM json_to_recordset($1::json) AS n(id uuid, record text) WHERE d.task_id = n.id`;

/** The SQL of the dispatch table. */
@Injectable()
export class DispatchRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Brings dispatches into the state that the fold wants; makes those that a retry brings back. */
  async put(manager: EntityManager, dispatches: readonly StandingDispatch[]): Promise<void> {
    if (dispatches.length === 0) return;
    const rows = dispatches.map((d) => ({
      task_id: d.taskId,
      attempt: d.attempt,
      type: d.type,
      owner: d.owner,
      state: d.state,
      due_at: d.dueAt,
      claimable_since: d.claimableSince,
      worker: d.lease?.worker ?? null,
      lease_seconds: d.lease?.seconds ?? null,
      ordering_key: d.orderingKey,
      correlation_id: d.correlationId,
      accepted_at: d.acceptedAt,
      expires_at: d.expiresAt,
    }));
    await manager.query(PUT, [JSON.stringify(rows)]);
  }

  /** Adds to the request records of tasks that have a dispatch, for as long as it stands. */
  async addToRecords(
    manager: EntityManager,
    additions: readonly { taskId: string; record: RecordParts }[],
  ): Promise<void> {
    if (additions.length === 0) return;
    const rows = additions.map(({ taskId, record }) => ({ id: taskId, record: JSON.stringify(record) }));
    await manager.query(ADD_TO_RECORDS, [JSON.stringify(rows)]);
  }

  /** Replaces the correlation id of a task's dispatch. */
  async correlate(manager: EntityManager, taskId: string, correlationId: string | null): Promise<void> {
    await manager.query('UPDATE dispatches SET correlation_id = $2 WHERE task_id = $1', [
      taskId,
      correlationId,
    ]);
  }

  /** Lets those be claimed whose turn it is within their ordering keys. The caller holds the keys' locks. */
  async advance(manager: EntityManager, groups: readonly OrderedGroup[]): Promise<void> {
    if (groups.length === 0) return;
    await manager.query(ADVANCE, [
      groups.map(({ type }) => type),
      groups.map(({ orderingKey }) => orderingKey),
    ]);
  }

  /** Removes the dispatches of tasks that have ended. */
  async end(manager: EntityManager, taskIds: readonly string[]): Promise<void> {
    if (taskIds.length > 0)
      await manager.query('DELETE FROM dispatches WHERE task_id = ANY($1::uuid[])', [taskIds]);
  }

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
  async giveUp(
    leases: readonly { taskId: string; attempt: number }[],
    holder: string,
    delaySeconds: number,
  ): Promise<void> {
    if (leases.length === 0) return;
    const rows = leases.map(({ taskId, attempt }) => ({ id: taskId, attempt }));
    await this.dataSource.query(GIVE_UP, [JSON.stringify(rows), holder, delaySeconds]);
  }

  /** Those of the tasks whose dispatches are still `holder`'s to send, at the same attempt. */
  async heldBy(leases: readonly { taskId: string; attempt: number }[], holder: string): Promise<Set<string>> {
    const rows = leases.map(({ taskId, attempt }) => ({ id: taskId, attempt }));
    const held: { id: string }[] = await this.dataSource.query(HELD, [JSON.stringify(rows), holder]);
    return new Set(held.map(({ id }) => id));
  }

  /** Locks a dispatch if it is still `holder`'s to send at this attempt, and nobody is changing it. */
  async lockHeld(
    manager: EntityManager,
    { taskId, attempt }: { taskId: string; attempt: number },
    holder: string,
  ): Promise<boolean> {
    const parameters = [JSON.stringify([{ id: taskId, attempt }]), holder];
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

  /** Whether `takeDue` would find anything, were it not locked. */
  isAnyDue(): Promise<boolean> {
    return this.isThereAny(IS_DUE);
  }

  /** The same of `takeExpiredUnsent`. */
  isAnyExpiredUnsent(): Promise<boolean> {
    return this.isThereAny(IS_EXPIRED_UNSENT);
  }

  /** Locks dispatches that are due for something else than to be sent. */
  async takeDue(manager: EntityManager, limit: number): Promise<DueDispatch[]> {
    return manager.query(TAKE_DUE, [limit]);
  }

  /** Locks dispatches that nobody could send before their task expired. */
  async takeExpiredUnsent(manager: EntityManager, limit: number): Promise<DueDispatch[]> {
    return manager.query(TAKE_EXPIRED_UNSENT, [limit]);
  }

  private async isThereAny(condition: string): Promise<boolean> {
    const [row] = await this.dataSource.query<{ found: boolean }[]>(
      `SELECT EXISTS (SELECT FROM dispatches WHERE ${condition}) AS found`,
    );
    return row?.found === true;
  }
}
