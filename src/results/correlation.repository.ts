import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** An open task that may answer to a correlation id. */
export interface Correlated {
  correlationId: string;
  taskId: string;
  type: string;
  acceptedAt: Date;
}

const OPEN = `
  SELECT correlation_id AS "correlationId", task_id AS "taskId", type, accepted_at AS "acceptedAt" FROM dispatches
  WHERE correlation_id = ANY($1::text[]) AND NOT (state = 'scheduled' AND attempt = 1)`;

const ENDED = `
  SELECT name FROM unnest($1::text[]) AS name
  WHERE EXISTS (
    SELECT FROM tasks WHERE correlation_id = name AND type = ANY($2::text[]) AND finished_at IS NOT NULL)`;

/** The SQL of finding tasks by their correlation ids. */
@Injectable()
export class CorrelationRepository {
  /** The open tasks with these correlation ids that are or were queued. */
  async open(manager: EntityManager, correlationIds: readonly string[]): Promise<Correlated[]> {
    return correlationIds.length === 0 ? [] : manager.query(OPEN, [correlationIds]);
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
