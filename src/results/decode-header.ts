import type { RecordHeaders } from '../transport/transport.js';

/**
 * A header's text, or `null` if it is missing; of a header that comes twice, the last one counts. Bytes that are not
 * UTF-8 become U+FFFD, so that a damaged header is not taken for a missing one.
 */
export function headerText(headers: RecordHeaders, name: string): string | null {
  const value = headers[name];
  const bytes = Array.isArray(value) ? value.at(-1) : value;
  return bytes === undefined ? null : bytes.toString('utf8');
}
