import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isoText } from '../json/iso-text.js';
import type { LockedTask, TaskChange } from './fold.js';
import type { TaskView } from './task-response.js';
import type { ReopenedTask } from './unique-correlations.js';

/** Columns of `tasks` under the names of `Task`, for a SELECT list; `t` is the table. */
const SUMMARY_COLUMNS = `
  t.id, t.type, t.status, t.attempt, t.max_attempts AS "maxAttempts", t.owner, t.ordering_key AS "orderingKey",
  t.correlation_id AS "correlationId", t.error, t.progress, t.message, t.seq, t.created_at AS "createdAt",
  t.updated_at AS "updatedAt", t.run_at AS "runAt", t.expires_at AS "expiresAt", t.started_at AS "startedAt",
  t.finished_at AS "finishedAt"`;

export const TASK_COLUMNS = {
  summary: SUMMARY_COLUMNS,
  view: `${SUMMARY_COLUMNS}, t.payload, t.result`,
} as const;

const LOCK = `
  SELECT t.id, t.type, t.status, t.attempt, t.max_attempts AS "maxAttempts", t.attempts_used AS "attemptsUsed", t.owner,
    t.ordering_key AS "orderingKey", t.correlation_id AS "correlationId", t.progress, t.message, t.seq,
    t.created_at AS "createdAt", t.updated_at AS "updatedAt", t.attempt_at AS "attemptAt", t.run_at AS "runAt",
    t.expires_at AS "expiresAt", t.expires_in_seconds AS "expiresInSeconds", t.started_at AS "startedAt",
    t.finished_at AS "finishedAt", clock_timestamp() AS now
  FROM tasks AS t WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;

const UPDATE = `
  UPDATE tasks AS t SET
    status = c.status, attempt = c.attempt, attempts_used = c.attempts_used, result = c.result::json,
    error = c.error::json, progress = c.progress, message = c.message, seq = c.seq, updated_at = c.updated_at,
    attempt_at = c.attempt_at, run_at = c.run_at, expires_at = c.expires_at, started_at = c.started_at,
    finished_at = c.finished_at
  FROM json_to_recordset($1::json) AS c(
    id uuid, status text, attempt integer, attempts_used integer, result text, error text, progress double precision,
    message text, seq integer, updated_at timestamptz, attempt_at timestamptz, run_at timestamptz,
    expires_at timestamptz, started_at timestamptz, finished_at timestamptz)
  WHERE t.id = c.id`;

/** A task as it was locked, and the database's time by then: of one that was locked earlier, an earlier one. */
type LockedRow = LockedTask & { now: Date };

/** The SQL of the task table. */
@Injectable()
export class TaskRepository {
  /** What each transaction has locked, as it is: nobody else can change it before that transaction ends. */
  private readonly locked = new WeakMap<EntityManager, Map<string, LockedRow>>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Locks tasks in the order of their ids, which everybody keeps, and answers with those that exist and the database's
   * time. With `skipLocked`, tasks that somebody else is changing are left out instead of waited for. What this transaction
   * has locked before costs no round trip.
   */
  async lock(
    manager: EntityManager,
    ids: readonly string[],
    { skipLocked }: { skipLocked: boolean },
  ): Promise<{ tasks: LockedTask[]; now: Date }> {
    const locked = this.lockedBy(manager);
    const others = ids.filter((id) => !locked.has(id));
    if (others.length > 0) {
      const rows: LockedRow[] = await manager.query(skipLocked ? `${LOCK} SKIP LOCKED` : LOCK, [others]);
      for (const row of rows) locked.set(row.id, row);
    }
    const tasks = ids.flatMap((id) => locked.get(id) ?? []);
    return { tasks, now: tasks[0]?.now ?? new Date() };
  }

  /** To be called when a part of a transaction was rolled back: with it went the locks that it had taken. */
  forgetLocks(manager: EntityManager): void {
    this.locked.delete(manager);
  }

  /** Writes what the fold made of locked tasks. */
  async update(manager: EntityManager, changes: readonly TaskChange[]): Promise<void> {
    if (changes.length === 0) return;
    const rows = changes.map(({ task, result, error }) => ({
      id: task.id,
      status: task.status,
      attempt: task.attempt,
      attempts_used: task.attemptsUsed,
      result,
      error: error && JSON.stringify(error),
      progress: task.progress,
      message: task.message,
      seq: task.seq,
      updated_at: isoText(task.updatedAt),
      attempt_at: isoText(task.attemptAt),
      run_at: isoText(task.runAt),
      expires_at: isoText(task.expiresAt),
      started_at: isoText(task.startedAt),
      finished_at: isoText(task.finishedAt),
    }));
    for (const { task } of changes) this.lockedBy(manager).delete(task.id);
    await manager.query(UPDATE, [JSON.stringify(rows)]);
  }

  /** One task, or null if there is none that `owner` may see (`null`: every owner's). */
  async find(
    id: string,
    owner: string | null,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<TaskView | null> {
    const rows: TaskView[] = await manager.query(
      `SELECT ${TASK_COLUMNS.view} FROM tasks AS t WHERE t.id = $1 AND ($2::text IS NULL OR t.owner = $2)`,
      [id, owner],
    );
    return rows[0] ?? null;
  }

  /** What of tasks has to be known before they can be opened again; of those that exist. */
  async reopened(manager: EntityManager, ids: readonly string[]): Promise<ReopenedTask[]> {
    if (ids.length === 0) return [];
    return manager.query(
      `SELECT id, type, correlation_id AS "correlationId", ordering_key AS "orderingKey"
       FROM tasks WHERE id = ANY($1::uuid[])`,
      [ids],
    );
  }

  /** Replaces what was submitted of a task that the caller has locked. `payload` is JSON text. */
  async mend(
    manager: EntityManager,
    id: string,
    { payload, correlationId }: Pick<TaskView, 'payload' | 'correlationId'>,
  ): Promise<void> {
    this.lockedBy(manager).delete(id);
    await manager.query('UPDATE tasks SET payload = $2, correlation_id = $3 WHERE id = $1', [
      id,
      payload,
      correlationId,
    ]);
  }

  /** The types of those of the ids that exist. */
  async existing(manager: EntityManager, ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const rows: { id: string; type: string }[] = await manager.query(
      'SELECT id, type FROM tasks WHERE id = ANY($1::uuid[])',
      [ids],
    );
    return new Map(rows.map(({ id, type }) => [id, type]));
  }

  /** The payloads' JSON texts by task. */
  async payloads(manager: EntityManager, ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const rows: { id: string; payload: string }[] = await manager.query(
      'SELECT id, payload FROM tasks WHERE id = ANY($1::uuid[])',
      [ids],
    );
    return new Map(rows.map(({ id, payload }) => [id, payload]));
  }

  private lockedBy(manager: EntityManager): Map<string, LockedRow> {
    const known = this.locked.get(manager) ?? new Map<string, LockedRow>();
    this.locked.set(manager, known);
    return known;
  }
}
