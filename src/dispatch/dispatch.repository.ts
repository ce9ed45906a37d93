import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
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

/** The length of a claim's lease for which nobody asked for another one, in seconds. */
export const CLAIM_LEASE_SECONDS = 60;

/**
 * A report ("sent") to a claimed dispatch renews the lease by its length. To one that waits to be claimed it is a claim: with a lease it
 * comes again when no more is heard of it.
 */
const CLAIMS = `excluded.state = 'sent' AND d.state IN ('claimed', 'claimable', 'behind')`;
const CLAIMED_SECONDS = `coalesce(d.lease_seconds, ${CLAIM_LEASE_SECONDS})`;

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

const ADD_TO_RECORDS = `
  UPDATE dispatches AS d SET record = n.record::json
  FROM json_to_recordset($1::json) AS n(id uuid, record text) WHERE d.task_id = n.id`;

/** How dispatches follow their tasks. */
@Injectable()
export class DispatchRepository {
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
}
