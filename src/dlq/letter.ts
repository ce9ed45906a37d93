import { createHash } from 'node:crypto';
import { newId } from '../database/new-id.js';
import { RecordFault } from '../database/fault.js';
import type { TaskError } from '../tasks/task-state.js';
import type { DeliveredRecord, RecordHeaders } from '../transport/transport.js';
import type { DeadLetterKind } from './dead-letter.entity.js';

/** Where a record was, as far as it is known. */
export interface Coordinates {
  topic: string | null;
  partition: number | null;
  offset: number | null;
  timestamp: Date | null;
}

/** A dead letter that is about to be written. */
export interface NewDeadLetter {
  id: string;
  /** Equal for letters of the same failure. */
  identity: Buffer;
  kind: DeadLetterKind;
  topic: string;
  original: Coordinates;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
  error: TaskError;
  attempts: number | null;
  group: string | null;
  taskId: string | null;
  failedAt: Date | null;
  truncated: boolean;
  /** Whether a copy has to go to the `-dlq` topic. */
  copy: boolean;
}

const NOWHERE: Coordinates = { topic: null, partition: null, offset: null, timestamp: null };

/** The letter of a record that one of our listeners could not process. `error` is what it met. */
export function letterOfRecord(
  record: DeliveredRecord,
  {
    kind,
    group,
    error,
    taskId,
  }: { kind: DeadLetterKind; group: string; error: unknown; taskId: string | null },
): NewDeadLetter {
  const { topic, partition, offset, key, value, headers } = record;
  const timestamp = new Date(record.timestamp);
  return {
    id: newId(),
    identity: identityOf(topic, partition, offset, record.timestamp, group),
    kind,
    topic,
    original: { topic, partition, offset, timestamp },
    key,
    value,
    headers,
    error: causeOf(error),
    attempts: 1,
    group,
    taskId,
    failedAt: null,
    truncated: false,
    copy: true,
  };
}

/** The letter of a task without a record: its budget is used up, or the broker refuses its request for good. */
export function letterOfTask(task: {
  id: string;
  attempt: number;
  attemptsUsed: number | null;
  topic: string;
  payload: string;
  error: TaskError;
  /** Whether other tools look for it on the `-dlq` topic; with delivery `claim` there is none. */
  copy: boolean;
}): NewDeadLetter {
  return {
    id: newId(),
    identity: identityOf('task', task.id, task.attempt),
    kind: 'request',
    topic: task.topic,
    original: NOWHERE,
    key: null,
    value: Buffer.from(task.payload),
    headers: {},
    error: task.error,
    attempts: task.attemptsUsed,
    group: null,
    taskId: task.id,
    failedAt: null,
    truncated: false,
    copy: task.copy,
  };
}

/** An error as a dead letter keeps it; its code where it has a stable one. */
function causeOf(error: unknown): TaskError {
  const root = error instanceof RecordFault ? error.cause : error;
  if (!(root instanceof Error)) return { type: 'Error', message: String(root) };
  const { name: type, message, stack } = root;
  const code = 'code' in root && typeof root.code === 'string' ? root.code : undefined;
  return {
    type,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(code === undefined ? {} : { code }),
  };
}

/** What makes two letters one: the same values in the same order. */
export function identityOf(...parts: (string | number | null)[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
