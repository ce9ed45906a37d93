import { objectText } from '../../json/members.js';
import { encodeBytes, encodeHeaders } from '../../json/text-or-base64.js';
import { utf8Text } from '../../json/utf8-text.js';
import type { DeadLetter } from '../dead-letter.entity.js';
import { changesText } from './changes.js';
import { mendedHeaders, redrivenRecord, type Mend } from './mend.js';

/** What a mend changes of a record, as JSON text; null without a mend. */
export function recordChanges(letter: DeadLetter, mend: Mend): string | null {
  if (Object.keys(mend).length === 0) return null;
  const { value, key } = redrivenRecord(letter, mend);
  return changesText(
    partsText(letter, {}, valueText(letter.value), letter.key),
    partsText(letter, mend, valueText(toBytes(value)), toBytes(key)),
  );
}

/** What it changes of a task's request; payloads are JSON text, `after` null where it stays. */
export function payloadChanges(
  letter: DeadLetter,
  mend: Mend,
  before: string,
  after: string | null,
): string | null {
  if (Object.keys(mend).length === 0) return null;
  const { key } = redrivenRecord(letter, mend);
  return changesText(
    partsText(letter, {}, before, letter.key),
    partsText(letter, mend, after ?? before, toBytes(key)),
  );
}

function partsText(letter: DeadLetter, { headers }: Mend, value: string, key: Buffer | null): string {
  const merged = mendedHeaders(letter, { ...(headers && { headers }) });
  return objectText([
    ['value', value],
    ['key', JSON.stringify(encodeBytes(key))],
    ['headers', JSON.stringify(encodeHeaders(merged))],
  ]);
}

/** The value's own text if it is JSON, so that its members can be compared. */
function valueText(value: Buffer | null): string {
  const text = value && utf8Text(value);
  try {
    if (text !== null) JSON.parse(text);
    return text ?? JSON.stringify(encodeBytes(value));
  } catch {
    return JSON.stringify(text);
  }
}

function toBytes(data: string | Buffer | null): Buffer | null {
  return typeof data === 'string' ? Buffer.from(data) : data;
}
