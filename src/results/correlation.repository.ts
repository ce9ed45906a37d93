import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** What a record may mean by a name that is no task's id. */
export interface Asked {
  correlationId: string;
  /** Task types that use the record's result topic. */
  types: readonly string[];
  /** Tasks that were accepted later cannot be meant. */
  latest: Date;
}

/** However many open tasks share an id: two are enough to know that it names none of them. */
const OPEN = `
  SELECT n.index, d.task_id AS "taskId"
  FROM json_to_recordset($1::json) AS n(index integer, "correlationId" text, types text[], latest timestamptz)
  CROSS JOIN LATERAL (
    SELECT task_id FROM dispatches
    WHERE correlation_id = n."correlationId" AND type = ANY(n.types) AND accepted_at <= n.latest
      AND NOT (state = 'scheduled' AND attempt = 1)
    LIMIT 2) AS d`;

const ENDED = `
  SELECT name FROM unnest($1::text[]) AS name
  WHERE EXISTS (
    SELECT FROM tasks WHERE correlation_id = name AND type = ANY($2::text[]) AND finished_at IS NOT NULL)`;

/** The SQL of finding tasks by their correlation ids. */
@Injectable()
export class CorrelationRepository {
  /** The open tasks, two at the most, that are or were queued and may be meant; for each, in order. */
  async open(manager: EntityManager, asked: readonly Asked[]): Promise<string[][]> {
    if (asked.length === 0) return [];
    const rows: { index: number; taskId: string }[] = await manager.query(OPEN, [
      JSON.stringify(
        asked.map(({ correlationId, types, latest }, index) => ({ index, correlationId, types, latest })),
      ),
    ]);
    const found = asked.map((): string[] => []);
    for (const { index, taskId } of rows) found[index]?.push(taskId);
    return found;
  }

  /** Those of the correlation ids that a task of these types, now ended, has had. */
  async ended(
    manager: EntityManager,
    correlationIds: readonly string[],
    types: readonly string[],
  ): Promise<Set<string>> {
    if (correlationIds.length === 0) return new Set();
    const rows: { name: string }[] = await manager.query(ENDED, [correlationIds, types]);
    return new Set(rows.map(({ name }) => name));
  }
}
