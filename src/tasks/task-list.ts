import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UNPREPARED } from '../database/preparing-client.js';
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
    const parts = sourcesOf(filter).map((source) => {
      const conditions = conditionsOf(filter, source, bind);
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      return `(SELECT ${TASK_COLUMNS.summary} FROM ${source.from} ${where} ORDER BY ${source.id} DESC ${limit})`;
    });
    const found = `${UNPREPARED}SELECT * FROM (${parts.join(' UNION ALL ')}) AS found ORDER BY id DESC ${limit}`;
    return this.dataSource.query(found, parameters);
  }
}

/** Where to look for tasks of one status, or of any. */
interface Source {
  from: string;
  /** The column whose index gives the order. */
  id: string;
  /** Which table's owner, type and correlation id are looked at: those of the smallest that has them. */
  alias: 't' | 'd';
  status: TaskStatus | null;
}

/** Looks each task up by its id: how rare a status seems to be must not tempt the planner to read all tasks. */
const lookUp = (condition: string): string =>
  `CROSS JOIN LATERAL (SELECT * FROM tasks WHERE ${condition} OFFSET 0) AS t`;

const RARE_ENDS: ReadonlySet<TaskStatus> = new Set(['failed', 'dead_lettered', 'cancelled', 'expired']);

function sourcesOf({ statuses }: TaskFilter): Source[] {
  const wanted = new Set(statuses ?? TASK_STATUSES);
  const statusesOrAny = wanted.size === TASK_STATUSES.length ? [null] : [...wanted];
  return statusesOrAny.map((status) => ({ status, ...placeOf(status) }));
}

function placeOf(status: TaskStatus | null): Omit<Source, 'status'> {
  if (status !== null && isOpen(status)) {
    return { from: `dispatches AS d ${lookUp('tasks.id = d.task_id')}`, id: 'd.task_id', alias: 'd' };
  }
  if (status === null || !RARE_ENDS.has(status)) return { from: 'tasks AS t', id: 't.id', alias: 't' };
  // The newest event of a task that has ended is its end, so each task is found once.
  const ends = `(SELECT task_id, seq FROM task_events WHERE type = '${status}') AS e`;
  const from = `${ends} ${lookUp('tasks.id = e.task_id AND tasks.seq = e.seq')}`;
  return { from, id: 'e.task_id', alias: 't' };
}

/** Bounds on the source's `id` are where the reading of its index starts and ends. */
function conditionsOf(
  filter: TaskFilter,
  { id, alias, status }: Source,
  bind: (value: unknown) => string,
): string[] {
  const { owner, type, correlationId, createdAfter, createdBefore, before } = filter;
  const conditions: string[] = [];
  if (status !== null) conditions.push(`t.status = ${bind(status)}`);
  if (owner !== null) conditions.push(`${alias}.owner = ${bind(owner)}`);
  if (type !== null) conditions.push(`${alias}.type = ${bind(type)}`);
  if (correlationId !== null) conditions.push(`${alias}.correlation_id = ${bind(correlationId)}`);
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
