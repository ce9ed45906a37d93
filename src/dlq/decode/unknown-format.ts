import { REQUEST_HEADERS } from '../../dispatch/request-record.js';
import { headerText } from '../../results/decode-header.js';
import type { DeliveredRecord } from '../../transport/transport.js';
import type { DeadLetterReading } from './dead-letter-reading.js';
import { textField } from './optional-fields.js';

/** The cause where nothing tells of it. */
export const UNKNOWN_ERROR: DeadLetterReading['error'] = {
  type: 'Unknown',
  message: 'The record does not tell why it failed.',
  stack: null,
  code: null,
};

/** The reading of a record that no format knows: the record is what was lost, and nothing tells why. */
export function readUnknown({ key, value, headers }: DeliveredRecord): DeadLetterReading {
  return {
    original: { topic: null, partition: null, offset: null, timestamp: null },
    key,
    value,
    headers,
    error: UNKNOWN_ERROR,
    attempts: null,
    group: null,
    taskId: textField(headerText(headers, REQUEST_HEADERS.taskId)),
    failedAt: null,
    truncated: false,
  };
}
