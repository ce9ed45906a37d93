import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { PROBLEMS_EXTENSION } from '../errors/api-problems.decorator.js';
import { ERRORS, type ErrorCode } from '../errors/app-error.js';
import { ProblemResponse } from '../errors/problem.dto.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & {
  [PROBLEMS_EXTENSION]?: ErrorCode[];
};
type Response = Operation['responses'][string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Adds to every operation its problem answers: those that its route brings about, and those of `@ApiProblems`. */
export function describeProblems(document: OpenAPIObject): void {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation: Operation | undefined = item[method];
      if (!operation) continue;
      addProblems(operation, [...codesOfRoute(path, method), ...(operation[PROBLEMS_EXTENSION] ?? [])]);
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a name of our own
      delete operation[PROBLEMS_EXTENSION];
    }
  }
}

/** What can go wrong before, or whatever, the operation does. */
function codesOfRoute(path: string, method: string): ErrorCode[] {
  const codes: ErrorCode[] = ['forbidden', 'internal_error']; // a foreign Origin or a missing role, a mistake of ours
  if (path.startsWith('/v1/'))
    codes.push('unauthorized', 'too_many_requests', 'invalid_request', 'unavailable'); // a database is needed
  if (path.includes('{')) codes.push('not_found');
  if (method !== 'get') codes.push('payload_too_large', 'unsupported_media_type');
  return codes;
}

function addProblems(operation: Operation, given: readonly ErrorCode[]): void {
  const codes = [...new Set(given)];
  for (const status of new Set(codes.map((code) => ERRORS[code].status))) {
    operation.responses[status] = problemResponse(codes.filter((code) => ERRORS[code].status === status));
  }
}

function problemResponse(codes: readonly ErrorCode[]): Response {
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('; '),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: getSchemaPath(ProblemResponse) },
            { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } },
          ],
        },
      },
    },
    ...(codes.some((code) => ERRORS[code].retryable) && { headers: RETRY_AFTER }),
  };
}

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' as const } } };
