import type { RawBodyRequest } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { parseInTurns } from '../json/parse-in-turns.js';
import { bodyText } from './body-text.js';

/** The request of a batch. */
export interface BatchRequest extends FastifyRequest {
  /** The JSON text of each of its tasks. */
  taskTexts?: string[];
}

/**
 * Reads the body of a batch a task at a time, so that nobody is held up by its length.
 *
 * @param parse parses a part of it; throws where that is no JSON, or not one to trust
 * @throws AppError `invalid_request`
 */
export async function readBatch(
  request: RawBodyRequest<BatchRequest>,
  parse: (text: string) => unknown,
): Promise<object> {
  const text = bodyText(request);
  const { members, elements } = await parseInTurns(text, parse).catch((cause: unknown) => {
    throw new AppError('invalid_request', 'The body is not the JSON text of an object.', { cause });
  });
  request.taskTexts = elements.get('tasks') ?? [];
  // It defines a member that is called __proto__, too, where an assignment would change the prototype.
  return Object.fromEntries(members);
}
