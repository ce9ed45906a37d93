import { createHash } from 'node:crypto';

const MESSAGE_CHARACTERS = 1000;

/** What differs from one failure to the next of the same cause, and what it becomes. */
const PARTICULARS: [RegExp, string][] = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/"[^"]*"|(?<!\w)'[^']*'(?!\w)|`[^`]*`/g, '<text>'],
  [/\b0x[0-9a-f]+\b|\d+(?:\.\d+)*/gi, '<number>'],
];

/**
 * Groups dead letters by cause: 16 hexadecimal digits that are equal for the same topic, error type and message but
 * for the ids, quoted texts and numbers in it. Only the first 1,000 characters of the message count.
 *
 * @param topic the topic that the record came from
 */
export function fingerprint(topic: string, error: { type: string; message: string }): string {
  let message = error.message.slice(0, MESSAGE_CHARACTERS);
  for (const [particular, placeholder] of PARTICULARS) message = message.replace(particular, placeholder);
  const text = JSON.stringify([topic, error.type, message]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
