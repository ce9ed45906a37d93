import { headerText } from '../../results/decode-header.js';
import type { RecordHeaders } from '../../transport/transport.js';
import { countField, MAX_INTEGER, textField } from './optional-fields.js';

/** A header's storable text, or `null` if it is missing or empty. */
export function textHeader(headers: RecordHeaders, name: string): string | null {
  return textField(headerText(headers, name));
}

/** A whole number from 0 to `max` that a header has in decimal digits, else `null`. */
export function decimalHeader(headers: RecordHeaders, name: string, max: number): number | null {
  return countField(headerText(headers, name), max);
}

/** What a header has as Java writes an `int`, if it is not negative, else `null`. */
export function intHeader(headers: RecordHeaders, name: string): number | null {
  const bytes = bytesOf(headers, name, Int32Array.BYTES_PER_ELEMENT);
  return bytes && countField(bytes.readInt32BE(), MAX_INTEGER);
}

/** A whole number from 0 to `max` that a header has as Java writes a `long`, else `null`. */
export function longHeader(headers: RecordHeaders, name: string, max: number): number | null {
  const bytes = bytesOf(headers, name, BigInt64Array.BYTES_PER_ELEMENT);
  return bytes && countField(Number(bytes.readBigInt64BE()), max);
}

function bytesOf(headers: RecordHeaders, name: string, length: number): Buffer | null {
  const value = headers[name];
  const bytes = Array.isArray(value) ? value.at(-1) : value;
  return bytes?.length === length ? bytes : null;
}
