import { storableText } from '../json/storable-text.js';

/** Why a record on a result topic, or a result over HTTP, cannot be processed. Stable: people filter and count by it. */
export type RecordErrorCode =
  /** The record has no value (a tombstone). */
  | 'value_missing'
  /** The value's bytes are not UTF-8. */
  | 'invalid_utf8'
  /** The value's text is not JSON. */
  | 'invalid_json'
  /** The value is JSON, but not an object. */
  | 'not_an_object'
  /** Neither the value nor key or header names a task. */
  | 'task_id_missing'
  | 'status_missing'
  /** The status is none of the known words. */
  | 'status_unknown'
  /** The attempt is not a whole number from 1. */
  | 'attempt_invalid'
  /** The result is over its size limit. */
  | 'result_too_large'
  /** No task has the id or correlation id that the record names. */
  | 'unknown_task'
  /** More than one open task has the correlation id that the record names. */
  | 'correlation_ambiguous';

/**
 * The record is at fault: it will never be processed as it is, however often it is tried. The message is for people,
 * and can be stored.
 */
export class RecordError extends Error {
  constructor(
    readonly code: RecordErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(storableText(message), options);
    this.name = 'RecordError';
  }
}
