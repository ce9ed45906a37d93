import { isoText } from '../json/iso-text.js';
import type { TaskEventType, TaskStatus } from '../tasks/task-state.js';

/** A task event as it travels through the process: complete, so that a follower needs no query for it. */
export interface RecordedEvent {
  taskId: string;
  seq: number;
  type: TaskEventType;
  status: TaskStatus;
  attempt: number;
  at: Date;
  owner: string;
  /** JSON text of an object, or null for nothing new. */
  data: string | null;
  /** JSON text; only of `succeeded`. */
  result: string | null;
}

/** The event as clients see it (`/openapi.json`), as JSON text: the result and the numbers in it stay as they were sent. */
export function eventText(event: RecordedEvent): string {
  const head = JSON.stringify({
    taskId: event.taskId,
    seq: event.seq,
    type: event.type,
    status: event.status,
    attempt: event.attempt,
    at: isoText(event.at),
  });
  return `${head.slice(0, -1)},"data":${dataText(event)}}`;
}

function dataText({ data, result }: RecordedEvent): string {
  if (result === null) return data ?? '{}';
  const others = data === null || data === '{}' ? '' : `${data.slice(0, -1)},`;
  return `${others === '' ? '{' : others}"result":${result}}`;
}
