import { REQUEST_HEADERS } from '../../dispatch/request-record.js';
import type { DeliveredRecord } from '../../transport/transport.js';
import type { DeadLetterFormat, DeadLetterReading } from './dead-letter-reading.js';
import { decimalHeader, textHeader } from './header-fields.js';
import { javaError } from './java-error.js';
import { MAX_INTEGER, recordTime } from './optional-fields.js';

/** What all headers of Kafka Connect's error reporter begin with. */
export const CONNECT_PREFIX = '__connect.errors.';

/**
 * What Kafka Connect's sink connectors write with `errors.deadletterqueue.context.headers.enable`: the record as it was,
 * its timestamp too, and headers, all of them text. A connector named `files` reads as the group `connect-files`.
 */
export const connectFormat: DeadLetterFormat = { name: 'kafka-connect', read };

function read(record: DeliveredRecord): DeadLetterReading | null {
  const { key, value, headers } = record;
  const text = (name: string): string | null => textHeader(headers, CONNECT_PREFIX + name);
  const connector = text('connector.name');
  if (connector === null && text('topic') === null && text('exception.class.name') === null) return null;
  return {
    original: {
      topic: text('topic'),
      partition: decimalHeader(headers, `${CONNECT_PREFIX}partition`, MAX_INTEGER),
      offset: decimalHeader(headers, `${CONNECT_PREFIX}offset`, Number.MAX_SAFE_INTEGER),
      timestamp: recordTime(record)?.getTime() ?? null,
    },
    key,
    value,
    headers,
    error: javaError({
      type: text('exception.class.name'),
      message: text('exception.message'),
      stack: text('exception.stacktrace'),
      code: text('stage'),
    }),
    attempts: null,
    group: connector === null ? null : `connect-${connector}`,
    taskId: textHeader(headers, REQUEST_HEADERS.taskId),
    failedAt: null,
    truncated: false,
  };
}
