import type { DeliveredRecord } from '../../transport/transport.js';
import type { DeadLetterFormat, DeadLetterReading } from './dead-letter-reading.js';
import { decimalHeader, textHeader } from './header-fields.js';
import { MAX_INTEGER, recordTime } from './optional-fields.js';
import { UNKNOWN_ERROR } from './unknown-format.js';

/** What all headers begin with that brokers write for share groups. */
export const SHARE_GROUP_PREFIX = '__dlq.errors.';

/**
 * What brokers write for share groups (KIP-1191): where the record was and how often it was delivered, in headers, all
 * of them text. Key and value are there only if the group copies records; the record's own headers never are, and no
 * exception is known.
 */
export const shareGroupFormat: DeadLetterFormat = { name: 'share-group', read };

function read(record: DeliveredRecord): DeadLetterReading | null {
  const { key, value, headers } = record;
  const text = (name: string): string | null => textHeader(headers, SHARE_GROUP_PREFIX + name);
  const number = (name: string, max: number): number | null =>
    decimalHeader(headers, SHARE_GROUP_PREFIX + name, max);
  if (text('topic') === null && text('group') === null) return null;
  return {
    original: {
      topic: text('topic'),
      partition: number('partition', MAX_INTEGER),
      offset: number('offset', Number.MAX_SAFE_INTEGER),
      timestamp: null,
    },
    key,
    value,
    headers,
    error: { ...UNKNOWN_ERROR, message: text('message') ?? UNKNOWN_ERROR.message },
    attempts: number('delivery.count', MAX_INTEGER),
    group: text('group'),
    taskId: null,
    failedAt: recordTime(record),
    truncated: key === null && value === null,
  };
}
