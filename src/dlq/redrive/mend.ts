import { REQUEST_HEADERS, type RecordParts } from '../../dispatch/request-record.js';
import {
  decodeBytes,
  decodeHeaders,
  encodeHeaders,
  type EncodedHeaders,
  type TextOrBase64,
} from '../../json/text-or-base64.js';
import type { OutgoingRecord, RecordHeaders } from '../../transport/transport.js';
import { REDRIVE_HEADER } from '../decode/own-header.js';
import { withoutDeadLetterHeaders } from '../decode/without-dead-letter-headers.js';

/** What a person changes of a record before it is sent again. What is not given stays as it was. */
export interface Mend {
  /** The whole value; `null` is none. */
  value?: TextOrBase64;
  key?: TextOrBase64;
  /** Merged over the old ones; `null` removes one. */
  headers?: EncodedHeaders;
}

/** The parts of a letter that make up its record. */
export interface LetterRecord {
  id: string;
  topic: string;
  key: Buffer | null;
  value: Buffer | null;
  /** JSON text of `EncodedHeaders`. */
  headers: string;
}

/** The record of a letter as it is sent again. */
export function redrivenRecord(letter: LetterRecord, mend: Mend): OutgoingRecord {
  const { key, value } = mend;
  return {
    topic: letter.topic,
    key: key === undefined ? letter.key : decodeBytes(key),
    value: value === undefined ? letter.value : decodeBytes(value),
    headers: { ...mendedHeaders(letter, mend), [REDRIVE_HEADER]: letter.id },
  };
}

/** What a redrive adds to the request record of the task's next attempt; null if it is nothing. */
export function addedParts(letter: Pick<LetterRecord, 'headers'>, mend: Mend): RecordParts | null {
  const { key } = mend;
  const ours = new Set<string>(Object.values(REQUEST_HEADERS));
  const headers = Object.entries(mendedHeaders(letter, mend)).filter(([name]) => !ours.has(name));
  if (key === undefined && headers.length === 0) return null;
  return { ...(key !== undefined && { key }), headers: encodeHeaders(Object.fromEntries(headers)) };
}

/** A letter's headers with the changes, without those that dead-lettering and redriving added. */
export function mendedHeaders(
  letter: Pick<LetterRecord, 'headers'>,
  { headers: changes = {} }: Mend,
): RecordHeaders {
  const merged = new Map(Object.entries(decodeHeaders(JSON.parse(letter.headers) as EncodedHeaders)));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) merged.delete(name);
    else for (const [, bytes] of Object.entries(decodeHeaders({ [name]: value }))) merged.set(name, bytes);
  }
  return withoutDeadLetterHeaders(Object.fromEntries(merged));
}
