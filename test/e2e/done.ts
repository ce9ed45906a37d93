import type { RawRecord } from '../support/worker.js';

/** A worker's answer: flat, with the task's id, without a key. */
export function done(taskId: string, result: object = {}): RawRecord {
  return { value: JSON.stringify({ taskId, status: 'DONE', ...result }) };
}
