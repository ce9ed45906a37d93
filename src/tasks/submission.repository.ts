import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { HOLDER } from '../dispatch/holder.js';
import { readyState } from '../dispatch/ready-state.js';
import type { Submission } from './submission.js';
import type { TaskView } from './task-response.js';
import type { TaskStatus } from './task-state.js';
import { TASK_COLUMNS } from './task.repository.js';

/** What the database made of a submission. */
export interface Stamps {
  id: string;
  status: TaskStatus;
  createdAt: Date;
  runAt: Date | null;
  expiresAt: Date;
}

/** An idempotency key that was in use already. */
export interface KnownKey {
  owner: string;
  key: string;
  requestHash: Buffer;
  task: TaskView;
}

/**
 * Task, first event and dispatch in one statement, so that a plain submission costs one round trip and one commit. All
 * times are the statement's, which begins after the locks were taken.
 */
const INSERT = `
  WITH input AS (
    SELECT *, statement_timestamp()::timestamptz(3) AS at,
      coalesce(run_at, statement_timestamp() + make_interval(secs => delay_seconds))::timestamptz(3) AS due
    FROM json_to_recordset($1::json) AS s(
      id uuid, type text, owner text, payload text, ordering_key text, correlation_id text, run_at timestamptz,
      delay_seconds double precision, expires_in_seconds integer, max_attempts integer, traceparent text,
      holder uuid, lease_seconds double precision, ready_state text)
  ), stamped AS (
    SELECT *, CASE WHEN due > at THEN 'scheduled' ELSE 'queued' END AS status,
      greatest(due, at) + make_interval(secs => expires_in_seconds) AS expires_at
    FROM input
  ), task AS (
    INSERT INTO tasks (id, type, status, attempt, max_attempts, attempts_used, owner, ordering_key, correlation_id,
      payload, progress, message, seq, created_at, updated_at, attempt_at, run_at, expires_at, expires_in_seconds,
      traceparent)
    SELECT id, type, status, 1, max_attempts, 0, owner, ordering_key, correlation_id, payload::json, 0,
      'Task Received', 1, at, at, at, due, expires_at, expires_in_seconds, traceparent
    FROM stamped
    RETURNING id, status, created_at AS "createdAt", run_at AS "runAt", expires_at AS "expiresAt"
  ), event AS (
    INSERT INTO task_events (task_id, seq, type, status, attempt, at)
    SELECT id, 1, 'submitted', status, 1, at FROM stamped
  ), dispatch AS (
    INSERT INTO dispatches (task_id, attempt, type, owner, state, due_at, holder, ordering_key, ordering_number,
      correlation_id, accepted_at, expires_at, claimable_since)
    SELECT id, 1, type, owner, CASE status WHEN 'queued' THEN ready_state ELSE status END,
      CASE WHEN status <> 'queued' THEN due
        WHEN ready_state = 'unsent' THEN at + make_interval(secs => lease_seconds) ELSE expires_at END,
      CASE status WHEN 'queued' THEN holder END, ordering_key,
      CASE WHEN status = 'queued' AND ordering_key IS NOT NULL THEN nextval('ordering_numbers') END,
      correlation_id, at, expires_at, CASE WHEN status = 'queued' AND ready_state = 'claimable' THEN at END
    FROM stamped
  )
  SELECT * FROM task`;

const CLAIM_KEYS = `
  INSERT INTO idempotency_keys AS k (owner, key, task_id, request_hash, created_at)
  SELECT owner, key, task_id, decode(hash, 'hex'), now()
  FROM json_to_recordset($1::json) AS n(owner text, key text, task_id uuid, hash text)
  ORDER BY owner, key
  ON CONFLICT (owner, key) DO UPDATE
    SET task_id = excluded.task_id, request_hash = excluded.request_hash, created_at = excluded.created_at
    WHERE k.created_at < now() - interval '24 hours'`;

const KNOWN_KEYS = `
  SELECT k.owner AS "keyOwner", k.key, k.request_hash AS "requestHash", ${TASK_COLUMNS.view}
  FROM json_to_recordset($1::json) AS n(owner text, key text, task_id uuid)
  JOIN idempotency_keys AS k ON k.owner = n.owner AND k.key = n.key AND k.task_id <> n.task_id
  JOIN tasks AS t ON t.id = k.task_id`;

const RELEASE_KEYS = `
  DELETE FROM idempotency_keys AS k USING json_to_recordset($1::json) AS n(owner text, key text, task_id uuid)
  WHERE k.owner = n.owner AND k.key = n.key AND k.task_id = n.task_id`;

/** The SQL of submitting. */
@Injectable()
export class SubmissionRepository {
  constructor(
    readonly dataSource: DataSource,
    @Inject(HOLDER) private readonly holder: string,
  ) {}

  /**
   * Inserts submissions. `leased` ones belong to this process's fast path for `leaseSeconds`; the others are the
   * relay's at once.
   */
  async insert(
    submissions: readonly Submission[],
    lease: { leased: (submission: Submission) => boolean; seconds: number },
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Map<string, Stamps>> {
    const rows = submissions.map((s) => ({
      id: s.id,
      type: s.type.name,
      owner: s.owner,
      payload: s.payload,
      ordering_key: s.orderingKey,
      correlation_id: s.correlationId,
      run_at: s.runAt,
      delay_seconds: s.delaySeconds,
      expires_in_seconds: s.expiresInSeconds,
      max_attempts: s.maxAttempts,
      traceparent: s.traceparent,
      holder: lease.leased(s) ? this.holder : null,
      lease_seconds: lease.leased(s) ? lease.seconds : 0,
      ready_state: readyState(s.type, s.orderingKey),
    }));
    const stamps: Stamps[] = await manager.query(INSERT, [JSON.stringify(rows)]);
    return new Map(stamps.map((stamp) => [stamp.id, stamp]));
  }

  /** Takes the idempotency keys of submissions, and answers with those that an earlier task has. */
  async claimKeys(manager: EntityManager, submissions: readonly Submission[]): Promise<KnownKey[]> {
    const rows = keyRows(submissions);
    if (rows.length === 0) return [];
    const parameters = [JSON.stringify(rows)];
    await manager.query(CLAIM_KEYS, parameters);
    const known: (TaskView & Omit<KnownKey, 'task' | 'owner'> & { keyOwner: string })[] = await manager.query(
      KNOWN_KEYS,
      parameters,
    );
    return known.map(({ keyOwner, key, requestHash, ...task }) => ({
      owner: keyOwner,
      key,
      requestHash,
      task,
    }));
  }

  /** Gives the keys of submissions that were refused back. */
  async releaseKeys(manager: EntityManager, submissions: readonly Submission[]): Promise<void> {
    const rows = keyRows(submissions);
    if (rows.length > 0) await manager.query(RELEASE_KEYS, [JSON.stringify(rows)]);
  }
}

function keyRows(submissions: readonly Submission[]): Record<string, string>[] {
  return submissions.flatMap(({ id, owner, idempotency }) =>
    idempotency === null
      ? []
      : [{ owner, key: idempotency.key, task_id: id, hash: idempotency.hash.toString('hex') }],
  );
}
