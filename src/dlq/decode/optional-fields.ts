import { storableText } from '../../json/storable-text.js';
import type { DeliveredRecord } from '../../transport/transport.js';

/** The bound of PostgreSQL's `integer`. */
export const MAX_INTEGER = 2 ** 31 - 1;

/** The end of the year 9999, in milliseconds since 1970. */
export const MAX_TIMESTAMP = Date.UTC(10_000, 0) - 1;

/** A field's storable text, or `null` if it is not text or empty. */
export function textField(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? storableText(value) : null;
}

/** A whole number from 0 to `max`, or `null` if the field is anything else; its decimal digits will do. */
export function countField(value: unknown, max: number): number | null {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && Number(number) >= 0 && Number(number) <= max ? Number(number) : null;
}

/** The time of an RFC 3339 text, or `null` if it is none from 1970 to 9999. */
export function timeField(value: unknown): Date | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return null;
  const milliseconds = countField(Date.parse(value), MAX_TIMESTAMP);
  return milliseconds === null ? null : new Date(milliseconds);
}

/** The transport's time of a record, or `null` if it has none that can be stored. */
export function recordTime({ timestamp }: DeliveredRecord): Date | null {
  const known = countField(timestamp, MAX_TIMESTAMP);
  return known === null || known === 0 ? null : new Date(known);
}
