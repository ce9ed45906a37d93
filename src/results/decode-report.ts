import { isJsonObject } from '../json/json-object.js';
import { printed } from '../json/printed.js';
import type { Report } from '../tasks/facts.js';
import { decodeMessage, decodeTaskError } from './decode-task-error.js';
import { RecordError } from './record-error.js';

/** The envelope's fields as they were parsed; `null` counts as missing. */
export interface Envelope {
  /** Gives the JSON text of a field that is there. */
  source: (field: 'message' | 'error') => string;
  status: unknown;
  attempt: unknown;
  progress: unknown;
  message: unknown;
  error: unknown;
}

/** The size limit of a result, in bytes of its JSON text. */
export const MAX_RESULT_BYTES = 1024 * 1024;

const STATUS_WORDS = new Map<string, Report['status']>([
  ...words('succeeded', 'DONE', 'SUCCESS', 'SUCCEEDED', 'COMPLETED', 'OK'),
  ...words('failed', 'FAILED', 'FAILURE', 'ERROR'),
  ...words('running', 'RUNNING', 'PROCESSING', 'STARTED', 'PROGRESS'),
]);

/**
 * Reads the report out of an envelope.
 *
 * Status and size are strict. The other fields only add to the answer, so a bad one never costs the answer itself:
 * text that is no string is taken as its JSON, progress that is no number is left out, and progress out of range
 * moves to the range's end.
 *
 * @param resultText gives the JSON text of the result; called only if the task succeeded
 * @throws RecordError `status_missing`, `status_unknown`, `result_too_large`
 */
export function decodeReport(envelope: Envelope, resultText: () => string): Report {
  const message = decodeMessage(envelope.message, () => envelope.source('message'));
  const status = decodeStatus(envelope.status);
  switch (status) {
    case 'succeeded':
      return { status, result: withinLimit(resultText()), message };
    case 'failed':
      return {
        status,
        error: decodeTaskError(envelope.error, () => envelope.source('error'), message),
        retryable: isJsonObject(envelope.error) && envelope.error.retryable === true,
        message,
      };
    case 'running':
      return { status, progress: decodeProgress(envelope.progress), message };
  }
}

function decodeStatus(word: unknown): Report['status'] {
  if (word === undefined || word === null)
    throw new RecordError('status_missing', 'The value has no status.');
  const status = typeof word === 'string' ? STATUS_WORDS.get(word.toUpperCase()) : undefined;
  if (status === undefined) {
    throw new RecordError('status_unknown', `No known status: ${printed(word).slice(0, 100)}`);
  }
  return status;
}

function decodeProgress(progress: unknown): number | null {
  return typeof progress === 'number' ? Math.min(Math.max(progress, 0), 100) : null;
}

function withinLimit(result: string): string {
  const bytes = Buffer.byteLength(result);
  if (bytes <= MAX_RESULT_BYTES) return result;
  throw new RecordError(
    'result_too_large',
    `The result has ${bytes} bytes, the limit is ${MAX_RESULT_BYTES}.`,
  );
}

function words(status: Report['status'], ...list: string[]): [string, Report['status']][] {
  return list.map((word) => [word, status]);
}
