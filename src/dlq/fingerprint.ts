import { createHash } from 'node:crypto';
import { messagePattern } from './message-pattern.js';
import { stackFrames } from './stack-frames.js';

/** What is known of a cause. */
export interface Cause {
  type: string;
  message: string;
  stack?: string;
}

/**
 * Groups dead letters by cause: 16 hexadecimal digits that are equal for the same topic, error type, innermost frames of
 * the stack, and message but for the particulars in it, which are numbers, ids, addresses and the like.
 *
 * @param topic the topic that the record came from
 */
export function fingerprint(topic: string, { type, message, stack = '' }: Cause): string {
  const text = JSON.stringify([topic, type, messagePattern(message), ...stackFrames(stack)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
