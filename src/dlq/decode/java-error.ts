import type { DeadLetterReading } from './dead-letter-reading.js';
import { rootCause } from './java-stack.js';
import { UNKNOWN_ERROR } from './unknown-format.js';

/** What headers say of a Java exception; the type and message may be those of one that wraps the root cause. */
export interface ToldException {
  type: string | null;
  message: string | null;
  stack: string | null;
  code: string | null;
}

/** The root cause of an exception: as the stack tells it, else as the headers do. */
export function javaError({ type, message, stack, code }: ToldException): DeadLetterReading['error'] {
  const root = stack === null ? null : rootCause(stack);
  return {
    type: root?.type ?? type ?? UNKNOWN_ERROR.type,
    message: root?.message ?? message ?? UNKNOWN_ERROR.message,
    stack,
    code,
  };
}
