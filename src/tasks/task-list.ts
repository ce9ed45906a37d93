import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { TaskSummary } from './task-response.js';
import { isOpen, TASK_STATUSES, type TaskStatus } from './task-state.js';
import { TASK_COLUMNS } from './task.repository.js';

/** Which tasks to list. */
export interface TaskFilter {
  /** Null for every owner's. */
  owner: string | null;
  statuses: readonly TaskStatus[] | null;
  type: string | null;
  correlationId: string | null;
  createdAfter: Date | null;
  createdBefore: Date | null;
  /** Only tasks with a lower id. */
  before: string | null;
  limit: number;
}

/** Ids are made by web processes, `created_at` by the database: their clocks are taken to be this close. */
const CLOCK_DIFFERENCE_MS = 60 * 60_000;

/**
 * Lists of tasks, newest first, read in the order of an index whatever the filter: open tasks over the small table of
 * dispatches, rare ends over their events, everything else over the tasks themselves.
 */
@Injectable()
export class TaskList {
  constructor(private readonly dataSource: DataSource) {}

  /** At most `limit` + 1 tasks, in falling order of their ids. */
  async find(filter: TaskFilter): Promise<TaskSummary[]> {
    const parameters: unknown[] = [];
    const bind = (value: unknown): string => `$${parameters.push(value)}`;
    const limit = `LIMIT ${bind(filter.limit + 1)}`;
    const parts = sourcesOf(filter).map(({ from, id, status }) => {
      const conditions = conditionsOf(filter, id, bind);
      if (status !== null) conditions.push(`t.status = ${bind(status)}`);
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      return `(SELECT ${TASK_COLUMNS.summary} FROM ${from} ${where} ORDER BY ${id} DESC ${limit})`;
    });
    const found = `SELECT * FROM (${parts.join(' UNION ALL ')}) AS found ORDER BY id DESC ${limit}`;
    return this.dataSource.query(found, parameters);
  }
}

interface Source {
  from: string;
  /** The column whose index gives the order. */
  id: string;
  /** The one status that this source is for, or null for any. */
  status: TaskStatus | null;
}

const RARE_ENDS: ReadonlySet<TaskStatus> = new Set(['failed', 'dead_lettered', 'cancelled', 'expired']);

function sourcesOf({ statuses }: TaskFilter): Source[] {
  const wanted = new Set(statuses ?? TASK_STATUSES);
  if (wanted.size === TASK_STATUSES.length) return [{ from: 'tasks AS t', id: 't.id', status: null }];
  return [...wanted].map((status) => ({ ...placeOf(status), status }));
}

function placeOf(status: TaskStatus): Omit<Source, 'status'> {
  if (isOpen(status)) return { from: 'dispatches AS d JOIN tasks AS t ON t.id = d.task_id', id: 'd.task_id' };
  if (!RARE_ENDS.has(status)) return { from: 'tasks AS t', id: 't.id' };
  // The newest event of a task that has ended is its end, so the join finds each task once.
  return {
    from: `task_events AS e JOIN tasks AS t ON t.id = e.task_id AND t.seq = e.seq AND e.type = '${status}'`,
    id: 'e.task_id',
  };
}

/** `id` is the column whose index gives the order: bounds on it are where the reading of that index starts and ends. */
function conditionsOf(filter: TaskFilter, id: string, bind: (value: unknown) => string): string[] {
  const { owner, type, correlationId, createdAfter, createdBefore, before } = filter;
  const conditions: string[] = [];
  if (owner !== null) conditions.push(`t.owner = ${bind(owner)}`);
  if (type !== null) conditions.push(`t.type = ${bind(type)}`);
  if (correlationId !== null) conditions.push(`t.correlation_id = ${bind(correlationId)}`);
  if (before !== null) conditions.push(`${id} < ${bind(before)}`);
  if (createdAfter) {
    const least = idAt(createdAfter.getTime() - CLOCK_DIFFERENCE_MS);
    conditions.push(`t.created_at > ${bind(createdAfter)}`, `${id} >= ${bind(least)}`);
  }
  if (createdBefore) {
    const beyond = idAt(createdBefore.getTime() + CLOCK_DIFFERENCE_MS);
    conditions.push(`t.created_at < ${bind(createdBefore)}`, `${id} < ${bind(beyond)}`);
  }
  return conditions;
}

/** The least UUIDv7 of a millisecond. */
export function idAt(milliseconds: number): string {
  const time = Math.min(Math.max(0, milliseconds), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}
