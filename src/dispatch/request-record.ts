import type { TaskType } from '../task-types/task-type.js';
import type { OutgoingRecord } from '../transport/transport.js';
import type { LeasedDispatch } from './dispatch.repository.js';

/** The headers of a request record; `contracts/` describes them for workers. */
export const REQUEST_HEADERS = {
  taskId: 'taskwire-task-id',
  type: 'taskwire-type',
  attempt: 'taskwire-attempt',
  expiresAt: 'taskwire-expires-at',
  traceparent: 'traceparent',
  contentType: 'content-type',
} as const;

/** The record that takes a task to its workers: the payload's own text with `taskId` put in front. */
export function requestRecord(dispatch: LeasedDispatch, type: TaskType): OutgoingRecord {
  const { taskId, attempt, orderingKey, expiresAt, traceparent } = dispatch;
  return {
    topic: type.requestTopic,
    key: orderingKey ?? taskId,
    value: requestValue(taskId, dispatch.payload),
    headers: {
      [REQUEST_HEADERS.taskId]: taskId,
      [REQUEST_HEADERS.type]: type.name,
      [REQUEST_HEADERS.attempt]: String(attempt),
      [REQUEST_HEADERS.expiresAt]: expiresAt.toISOString(),
      [REQUEST_HEADERS.contentType]: 'application/json',
      ...(traceparent === null ? {} : { [REQUEST_HEADERS.traceparent]: traceparent }),
    },
  };
}

/** `payload` is an object's JSON text without a member `taskId`. */
function requestValue(taskId: string, payload: string): string {
  const members = payload.slice(payload.indexOf('{') + 1).trimStart();
  return `{"taskId":"${taskId}"${members.startsWith('}') ? '' : ','}${members}`;
}
