import type { TaskType } from '../task-types/task-type.js';
import type { OutgoingRecord } from '../transport/transport.js';
import {
  decodeBytes,
  decodeHeaders,
  type EncodedHeaders,
  type TextOrBase64,
} from '../json/text-or-base64.js';
import type { LeasedDispatch } from './send-lease.repository.js';

/** The headers of a request record; `contracts/` describes them for workers. */
export const REQUEST_HEADERS = {
  taskId: 'taskwire-task-id',
  type: 'taskwire-type',
  attempt: 'taskwire-attempt',
  expiresAt: 'taskwire-expires-at',
  traceparent: 'traceparent',
  contentType: 'content-type',
} as const;

/** What a redrive adds to a request record: a key of its own, and headers that are not ours. */
export interface RecordParts {
  key?: TextOrBase64;
  headers?: EncodedHeaders;
}

/** The record that takes a task to its workers: the payload's own text with `taskId` put in front. */
export function requestRecord(dispatch: LeasedDispatch, type: TaskType): OutgoingRecord {
  const { taskId, attempt, orderingKey, expiresAt, traceparent } = dispatch;
  const { key, headers = {} } = JSON.parse(dispatch.record ?? '{}') as RecordParts;
  return {
    topic: type.requestTopic,
    key: key === undefined ? (orderingKey ?? taskId) : decodeBytes(key),
    value: requestValue(taskId, dispatch.payload),
    headers: {
      ...decodeHeaders(headers),
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
