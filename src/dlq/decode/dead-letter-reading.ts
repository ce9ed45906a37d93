import type { DeliveredRecord, RecordHeaders } from '../../transport/transport.js';

/**
 * What a dead letter says about a record that could not be processed, whoever wrote it; `null` where it does not say.
 * All texts and numbers can be stored: no U+0000, and nothing out of PostgreSQL's range. (The names of headers are as
 * they came.)
 */
export interface DeadLetterReading {
  /** Where the record was; the timestamp in milliseconds since 1970. */
  original: {
    topic: string | null;
    partition: number | null;
    offset: number | null;
    timestamp: number | null;
  };
  /** The record itself, byte for byte unless `truncated`. */
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
  /** Why it could not be processed; the type is the root cause's. */
  error: { type: string; message: string; stack: string | null; code: string | null };
  /** How often it was tried. */
  attempts: number | null;
  /** The consumer group that failed. */
  group: string | null;
  taskId: string | null;
  failedAt: Date | null;
  /** Whether the value lost its end because it would not fit. */
  truncated: boolean;
}

/** A way in which dead letters are written. */
export interface DeadLetterFormat {
  name: string;
  /** The reading, or `null` if the record is not of this format. Never throws. */
  read(record: DeliveredRecord): DeadLetterReading | null;
}
