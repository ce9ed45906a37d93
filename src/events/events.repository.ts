import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RecordedEvent } from './event.js';

/** A place in a task's history: every event up to `seq` has been seen. */
export interface Position {
  taskId: string;
  seq: number;
}

/** Some of the events that follow a position, in their order. */
export interface Page {
  events: RecordedEvent[];
  /** Whether there may be more of them. */
  hasMore: boolean;
}

/** The most events that one page holds. */
const PAGE_SIZE = 100;

/**
 * About the most that all pages of one read hold, in bytes as PostgreSQL stores them: results may be large, and a reader
 * takes no more than this at once.
 */
const READ_SIZE = 1024 * 1024;

/** Columns of an event `e` of task `t` under the names of `RecordedEvent`. */
const EVENT = `
  t.id AS "taskId", e.seq, e.type, e.status, e.attempt, e.at, t.owner, e.data,
  CASE WHEN e.type = 'succeeded' THEN t.result END AS result`;

/** `earlier` is the size of the rows before; `total` counts those that were left out for it, too. */
const AFTER = `
  SELECT * FROM (
    SELECT p.number, count(*) OVER () AS total,
      sum(COALESCE(pg_column_size(e.data), 0) + COALESCE(pg_column_size(e.result), 0))
        OVER (ORDER BY p.number, e.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier,
      e.*
    FROM unnest($1::uuid[], $2::integer[]) WITH ORDINALITY AS p(task_id, seq, number)
    JOIN tasks AS t ON t.id = p.task_id
    CROSS JOIN LATERAL (
      SELECT ${EVENT} FROM task_events AS e
      WHERE e.task_id = p.task_id AND e.seq > p.seq ORDER BY e.seq LIMIT ${PAGE_SIZE}
    ) AS e
  ) AS found
  WHERE earlier IS NULL OR earlier < ${READ_SIZE}
  ORDER BY number, seq`;

const MOVED = `
  SELECT t.id AS "taskId", t.seq
  FROM unnest($1::uuid[], $2::integer[]) AS p(task_id, seq) JOIN tasks AS t ON t.id = p.task_id
  WHERE t.seq > p.seq`;

const NEWS = `
  SELECT ${EVENT}
  FROM unnest($1::uuid[], $2::integer[]) AS p(task_id, seq)
  JOIN tasks AS t ON t.id = p.task_id AND t.owner = ANY($3::text[])
  JOIN task_events AS e ON e.task_id = t.id AND e.seq > COALESCE(p.seq, t.seq - 1)
  ORDER BY t.id, e.seq`;

/** One row without an event where the task has none after `$3`, no row where there is no such task. */
const HISTORY = `
  SELECT ${EVENT}
  FROM tasks AS t LEFT JOIN LATERAL (
    SELECT * FROM task_events AS e WHERE e.task_id = t.id AND e.seq > $3 ORDER BY e.seq LIMIT $4
  ) AS e ON true
  WHERE t.id = $1 AND ($2::text IS NULL OR t.owner = $2)
  ORDER BY e.seq`;

/** Reads what happened to tasks. */
@Injectable()
export class EventsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** For each position, in the same order, a page of the events that follow it; the first of all is always there. */
  async after(positions: readonly Position[]): Promise<Page[]> {
    const rows: (RecordedEvent & { number: number; total: number })[] = await this.dataSource.query(
      AFTER,
      columns(positions),
    );
    const last = rows.at(-1);
    const lastWhole = last && last.total > rows.length ? last.number - 1 : positions.length;
    const pages = positions.map((_, index): Page => ({ events: [], hasMore: index >= lastWhole }));
    for (const row of rows) pages[row.number - 1]?.events.push(toEvent(row));
    for (const page of pages) page.hasMore ||= page.events.length === PAGE_SIZE;
    return pages;
  }

  /** The newest `seq` of those tasks that have moved on from their position. */
  async moved(positions: readonly Position[]): Promise<Position[]> {
    return this.dataSource.query(MOVED, columns(positions));
  }

  /** The events after these positions of those tasks that belong to one of `owners`; only the newest where `seq` is null. */
  async news(
    positions: readonly { taskId: string; seq: number | null }[],
    owners: readonly string[],
  ): Promise<RecordedEvent[]> {
    return this.dataSource.query(NEWS, [...columns(positions), owners]);
  }

  /**
   * At most `limit` events of one task that follow `after`, in order; null if there is no such task that `owner` may
   * see (`null`: every owner's).
   */
  async history(
    taskId: string,
    owner: string | null,
    after: number,
    limit: number,
  ): Promise<RecordedEvent[] | null> {
    const rows: (RecordedEvent | { seq: null })[] = await this.dataSource.query(HISTORY, [
      taskId,
      owner,
      after,
      limit,
    ]);
    return rows.length === 0 ? null : rows.filter((row) => row.seq !== null);
  }
}

function columns(
  positions: readonly { taskId: string; seq: number | null }[],
): [string[], (number | null)[]] {
  return [positions.map(({ taskId }) => taskId), positions.map(({ seq }) => seq)];
}

/** Only the event of a row that tells more. */
function toEvent(row: RecordedEvent): RecordedEvent {
  const { taskId, seq, type, status, attempt, at, owner, data, result } = row;
  return { taskId, seq, type, status, attempt, at, owner, data, result };
}
