import type { RawBodyRequest } from '@nestjs/common';
import type { AuthenticatedRequest } from '../auth/caller.js';
import { AppError } from '../errors/app-error.js';
import { MAX_FIELDS } from '../errors/validation.pipe.js';
import { bodyText } from '../http/body-text.js';
import { parseInTurns } from '../json/parse-in-turns.js';
import { MAX_TASKS } from './submit-batch.dto.js';

/** Where tasks are submitted, and where batches of them. */
export const TASKS_PATH = '/v1/tasks';
export const BATCH_PATH = `${TASKS_PATH}/batch`;

/** The longest text of a task, in bytes: the largest payload and, generously, all that may be beside it. */
export const MAX_TASK_BYTES = 1024 * 1024;

/** One more than there may be: whoever checks the body then sees that there were too many. */
const ROOM = { members: MAX_FIELDS + 1, elements: MAX_TASKS + 1 };

/** The request of a batch. */
export interface BatchRequest extends AuthenticatedRequest {
  /** The JSON text of each of its tasks. */
  taskTexts?: string[];
}

/** What a task is told that is longer, alone or in a batch. */
export function tooLong(): AppError {
  return new AppError('payload_too_large', `A task has at most ${MAX_TASK_BYTES} bytes.`);
}

/** What a task is told that has names which would change a prototype where somebody copies it. */
export function untrusted(): AppError {
  return new AppError('invalid_request', 'Nothing may be called __proto__, or prototype in a constructor.');
}

/**
 * Reads the body of a batch a task at a time, so that nobody is held up by its length. A task that is too long or not to be
 * trusted is not read: it is `null`, and its text is not.
 *
 * @param parse parses a part of it; throws a SyntaxError where that is no JSON, and an AppError where it is not to be trusted
 * @throws AppError `invalid_request`
 */
export async function readBatch(
  request: RawBodyRequest<BatchRequest>,
  parse: (text: string) => unknown,
): Promise<object> {
  const text = bodyText(request);
  const parseShort = (part: string): unknown => {
    if (part.length > MAX_TASK_BYTES) return null;
    try {
      return parse(part);
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  };
  const { members, elements } = await parseInTurns(text, parseShort, ROOM).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('invalid_request', `The body is not the JSON text of an object: ${reason}`, { cause });
  });
  request.taskTexts = elements.get('tasks') ?? [];
  // It defines a member that is called __proto__, too, where an assignment would change the prototype.
  return Object.fromEntries(members);
}
