import type { EntityManager } from 'typeorm';
import { isoText } from '../json/iso-text.js';
import type { RecordedEvent } from './event.js';

const APPEND = `
  INSERT INTO task_events (task_id, seq, type, status, attempt, at, data)
  SELECT task_id, seq, type, status, attempt, at, data::json
  FROM json_to_recordset($1::json) AS e(
    task_id uuid, seq integer, type text, status text, attempt integer, at timestamptz, data text)`;

/** Writes events, all in one statement. Their numbers come from the locked tasks, so they never collide. */
export async function appendEvents(manager: EntityManager, events: readonly RecordedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ taskId, seq, type, status, attempt, at, data }) => {
    return { task_id: taskId, seq, type, status, attempt, at: isoText(at), data };
  });
  await manager.query(APPEND, [JSON.stringify(rows)]);
}
