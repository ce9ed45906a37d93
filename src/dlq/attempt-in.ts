import { REQUEST_HEADERS } from '../dispatch/request-record.js';
import { headerText } from '../results/decode-header.js';
import type { RecordHeaders } from '../transport/transport.js';

/** Of which attempt a request record is, by its header; null where it does not say. */
export function attemptIn(headers: RecordHeaders): number | null {
  const text = headerText(headers, REQUEST_HEADERS.attempt);
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
