import { REQUEST_HEADERS } from '../../dispatch/request-record.js';
import type { DeliveredRecord, RecordHeaders } from '../../transport/transport.js';
import type { DeadLetterFormat, DeadLetterReading } from './dead-letter-reading.js';
import { intHeader, longHeader, textHeader } from './header-fields.js';
import { javaError } from './java-error.js';
import { MAX_TIMESTAMP, recordTime } from './optional-fields.js';

/** Of `DeadLetterPublishingRecoverer`, and of retry topics, whose headers lack the `dlt-`. */
const PREFIXES = ['kafka_dlt-', 'kafka_'];

const SIGNS = ['original-topic', 'exception-fqcn', 'key-exception-fqcn'];

/** What all of Spring's headers that tell of a failure match. */
export const SPRING_HEADER =
  /^(?:kafka_(?:dlt-|original-|exception-|key-exception-|deliveryAttempt$)|retry_topic-|springDeserializerException)/;

/**
 * What Spring Kafka's `DeadLetterPublishingRecoverer` writes: the record as it was, with headers that tell of the
 * failure; numbers are binary. A record that failed more than once has some headers more than once: the last ones tell
 * of the last failure.
 */
export const springFormat: DeadLetterFormat = { name: 'spring-kafka', read };

function read(record: DeliveredRecord): DeadLetterReading | null {
  const { key, value, headers } = record;
  const prefix = PREFIXES.find((start) => SIGNS.some((name) => start + name in headers));
  if (prefix === undefined) return null;
  return {
    original: {
      topic: textHeader(headers, `${prefix}original-topic`),
      partition: intHeader(headers, `${prefix}original-partition`),
      offset: longHeader(headers, `${prefix}original-offset`, Number.MAX_SAFE_INTEGER),
      timestamp: longHeader(headers, `${prefix}original-timestamp`, MAX_TIMESTAMP),
    },
    key,
    value,
    headers,
    error: readError(headers, prefix),
    attempts: attemptsOf(headers),
    group: textHeader(headers, `${prefix}original-consumer-group`),
    taskId: textHeader(headers, REQUEST_HEADERS.taskId),
    failedAt: recordTime(record),
    truncated: false,
  };
}

/** The cause's class is that of the direct cause, which the stack knows better; keys have headers of their own. */
function readError(headers: RecordHeaders, prefix: string): DeadLetterReading['error'] {
  const text = (name: string): string | null =>
    textHeader(headers, `${prefix}exception-${name}`) ??
    textHeader(headers, `${prefix}key-exception-${name}`);
  return javaError({
    type: text('cause-fqcn') ?? text('fqcn'),
    message: text('message'),
    stack: text('stacktrace'),
    code: null,
  });
}

/** Retry topics count the way to the dead letter topic as an attempt, too. */
function attemptsOf(headers: RecordHeaders): number | null {
  const delivered = intHeader(headers, 'kafka_deliveryAttempt');
  const sent = intHeader(headers, 'retry_topic-attempts');
  return delivered ?? (sent === null ? null : Math.max(sent - 1, 0));
}
