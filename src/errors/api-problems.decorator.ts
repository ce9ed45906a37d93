import { ApiExtension } from '@nestjs/swagger';
import type { ErrorCode } from './app-error.js';

/** Where an operation of the OpenAPI document has them, until `describeProblems` makes answers of them. */
export const PROBLEMS_EXTENSION = 'x-problems';

/** Documents problems of an operation that its route does not tell (see `describeProblems`). */
export function ApiProblems(...codes: ErrorCode[]): MethodDecorator {
  return ApiExtension(PROBLEMS_EXTENSION, codes);
}
