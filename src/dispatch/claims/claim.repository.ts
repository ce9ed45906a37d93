import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** A dispatch that is claimable, and locked until the transaction ends. */
export interface ClaimableDispatch {
  taskId: string;
  attempt: number;
  type: string;
  expiresAt: Date;
}

/** One look for each type along its own part of the index, so that other types cost nothing, however many wait. */
const TAKE = `
  SELECT d.task_id AS "taskId", d.attempt, d.type, d.expires_at AS "expiresAt"
  FROM unnest($1::text[], $2::integer[]) AS wanted(type, count)
  CROSS JOIN LATERAL (
    SELECT * FROM dispatches
    WHERE state = 'claimable' AND dispatches.type = wanted.type AND expires_at > now()
    ORDER BY claimable_since, task_id LIMIT wanted.count
    FOR UPDATE SKIP LOCKED
  ) AS d
  ORDER BY d.claimable_since, d.task_id`;

const HELD = `
  SELECT task_id AS id, attempt FROM dispatches WHERE task_id = ANY($1::uuid[]) AND state = 'claimed'`;

/** The SQL of claims. */
@Injectable()
export class ClaimRepository {
  /** Locks what is claimable, of each type as much as is wanted: what has been claimable longest comes first. */
  take(manager: EntityManager, wanted: ReadonlyMap<string, number>): Promise<ClaimableDispatch[]> {
    return manager.query(TAKE, [[...wanted.keys()], [...wanted.values()]]);
  }

  /** Those of the tasks that are held by a lease, with their attempts. Stays true while the tasks are locked. */
  async held(manager: EntityManager, taskIds: readonly string[]): Promise<Map<string, number>> {
    const rows: { id: string; attempt: number }[] = await manager.query(HELD, [taskIds]);
    return new Map(rows.map(({ id, attempt }) => [id, attempt]));
  }
}
