import { utf8Text } from '../../json/utf8-text.js';
import { encodeBytes, encodeHeaders } from '../../json/text-or-base64.js';
import type { DeadLetterReading } from './dead-letter-reading.js';
import { DEAD_LETTER_ID_HEADER } from './own-header.js';

/** A dead letter to be copied to its `-dlq` topic. */
export type DeadLetterCopy = DeadLetterReading & { id: string };

const SPACE = 0x20;
/** What JSON escapes with one more character, not six. */
const SHORT_ESCAPES = new Set(Buffer.from('"\\\b\f\n\r\t'));

/**
 * Writes the envelope that `envelopeFormat` reads, at most `maxBytes` long: a value that would not fit loses its end
 * and is marked `truncated`; if that is not enough, it goes whole, and key, headers and stack with it.
 */
export function encodeEnvelope(
  letter: DeadLetterCopy,
  maxBytes: number,
): { value: string; headers: Record<string, string> } {
  const headers = { [DEAD_LETTER_ID_HEADER]: letter.id, 'content-type': 'application/json' };
  return { value: fit(letter, maxBytes), headers };
}

function fit(letter: DeadLetterCopy, maxBytes: number): string {
  const whole = envelopeText(letter);
  if (Buffer.byteLength(whole) <= maxBytes) return whole;
  const empty = { ...letter, value: Buffer.alloc(0), truncated: true };
  const room = maxBytes - Buffer.byteLength(envelopeText(empty));
  if (room >= 0) return envelopeText({ ...empty, value: letter.value && cut(letter.value, room) });
  return envelopeText({ ...empty, key: null, headers: {}, error: { ...letter.error, stack: null } });
}

function envelopeText(letter: DeadLetterCopy): string {
  const { original, error, taskId, attempts, group, failedAt, truncated } = letter;
  return JSON.stringify({
    ...(taskId !== null && { taskId }),
    original: {
      ...original,
      key: encodeBytes(letter.key),
      value: encodeBytes(letter.value),
      headers: encodeHeaders(letter.headers),
    },
    error: {
      type: error.type,
      message: error.message,
      stack: error.stack,
      ...(error.code !== null && { code: error.code }),
    },
    attempts,
    group,
    failedAt,
    ...(truncated && { truncated }),
  });
}

/** About the longest beginning of the value that takes up no more than `room` bytes of JSON besides its quotes. */
function cut(value: Buffer, room: number): Buffer {
  const kept = utf8Text(value) === null ? cutBinary(value, room) : value;
  // What is left of other bytes may be text, which takes up more than base64 when it has to be escaped.
  return utf8Text(kept) === null ? kept : cutText(kept, room);
}

function cutBinary(value: Buffer, room: number): Buffer {
  const wrapping = '{"base64":}'.length;
  return value.subarray(0, Math.max(0, Math.floor((room - wrapping) / 4) * 3));
}

/** Ends between two characters, so that the rest is still text. */
function cutText(value: Buffer, room: number): Buffer {
  let left = room;
  let end = 0;
  for (const byte of value) {
    left -= jsonBytes(byte);
    if (left < 0) break;
    end++;
  }
  while (end > 0 && isInsideCharacter(value[end])) end--;
  return value.subarray(0, end);
}

/** How many bytes one byte of UTF-8 takes up in a JSON string. */
function jsonBytes(byte: number): number {
  if (SHORT_ESCAPES.has(byte)) return 2;
  return byte < SPACE ? '\\u0000'.length : 1;
}

function isInsideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
