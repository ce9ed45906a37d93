import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { OrderedGroup } from './dispatch.repository.js';

const MOVE_TO_TOPICS = `
  WITH moved AS (
    UPDATE dispatches SET state = 'unsent', due_at = now(), claimable_since = NULL
    WHERE task_id = ANY(ARRAY(
      SELECT task_id FROM dispatches WHERE state IN ('claimable', 'behind') AND type = ANY($1::text[])
      ORDER BY ordering_number, task_id LIMIT $2
      FOR UPDATE SKIP LOCKED))
    RETURNING task_id
  )
  SELECT count(*) AS count FROM moved`;

/** Not those that somebody holds a lease on: they may be on their way. */
const MOVE_TO_CLAIMS = `
  WITH moved AS (
    UPDATE dispatches SET holder = NULL, due_at = expires_at,
      state = CASE WHEN ordering_key IS NULL THEN 'claimable' ELSE 'behind' END,
      claimable_since = CASE WHEN ordering_key IS NULL THEN now() END
    WHERE task_id = ANY(ARRAY(
      SELECT task_id FROM dispatches WHERE state = 'unsent' AND due_at <= now() AND type = ANY($1::text[])
      ORDER BY due_at, ordering_number, task_id LIMIT $2
      FOR UPDATE SKIP LOCKED))
    RETURNING type, ordering_key AS "orderingKey"
  )
  SELECT * FROM moved`;

/** Keys whose tasks wait for nobody: whoever should have let them advance did not know that their type is claimed. */
const STUCK = `
  SELECT DISTINCT b.type, b.ordering_key AS "orderingKey" FROM dispatches AS b
  WHERE b.state = 'behind' AND NOT EXISTS (
    SELECT FROM dispatches AS d
    WHERE d.type = b.type AND d.ordering_key = b.ordering_key AND d.ordering_number IS NOT NULL
      AND d.state IN ('claimable', 'claimed'))
  LIMIT $1`;

/** The SQL of changed deliveries. */
@Injectable()
export class DeliveryChangesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Lets dispatches of these types that wait to be claimed be sent instead, and tells how many. */
  async moveToTopics(types: readonly string[], limit: number): Promise<number> {
    if (types.length === 0) return 0;
    const [moved] = await this.dataSource.query<{ count: number }[]>(MOVE_TO_TOPICS, [types, limit]);
    return moved?.count ?? 0;
  }

  /** Lets dispatches of these types that wait to be sent be claimed instead; their keys have to be advanced. */
  async moveToClaims(
    manager: EntityManager,
    types: readonly string[],
    limit: number,
  ): Promise<{ type: string; orderingKey: string | null }[]> {
    return types.length === 0 ? [] : manager.query(MOVE_TO_CLAIMS, [types, limit]);
  }

  /** Keys of which tasks wait and none is claimable or held. */
  async stuck(manager: EntityManager, limit: number): Promise<OrderedGroup[]> {
    return manager.query(STUCK, [limit]);
  }
}
